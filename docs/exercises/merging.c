/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three neighbours are freed, in each of the six orders. Does the order matter? No: merging at once leaves one free block
 * whatever the order.
 */
#include "exercise.h"

int main(void)
{
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	for (int i = 0; i < 6; i++) {
		struct osm_heap *heap = exercise_heap("best-fit", "tag", 4096);
		struct osm_stats before, after;
		void *p[3];

		osm_heap_alloc(heap, 16);
		for (int k = 0; k < 3; k++)
			p[k] = osm_heap_alloc(heap, 100);
		osm_heap_alloc(heap, 16);
		osm_heap_stats(heap, &before);
		for (int k = 0; k < 3; k++)
			osm_heap_free(heap, p[orders[i][k]]);
		osm_heap_stats(heap, &after);
		assert(after.free_blocks == before.free_blocks + 1);
		assert(osm_heap_check(heap, NULL));
	}
	return 0;
}
