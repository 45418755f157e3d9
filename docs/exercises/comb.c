/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Half of the heap is free, and a request for a tenth of that fails: free every other one of equal blocks.
 */
#include "exercise.h"

int main(void)
{
	struct osm_heap *heap = exercise_heap("best-fit", "bitmap", 1024);
	struct osm_stats stats;
	void *p[32];

	for (int i = 0; i < 32; i++)
		assert((p[i] = osm_heap_alloc(heap, 32)) != NULL);
	exercise_no_more();
	for (int i = 0; i < 32; i += 2)
		osm_heap_free(heap, p[i]);
	osm_heap_stats(heap, &stats);
	assert(stats.free_bytes == 512 && stats.largest_free == 32);
	assert(osm_heap_alloc(heap, 51) == NULL);
	printf("external fragmentation: %.1f%%\n", 100.0 - 100.0 * (double)stats.largest_free / (double)stats.free_bytes);
	return 0;
}

/* output:
external fragmentation: 93.8%
*/
