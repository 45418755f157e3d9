/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Do the blocks of a heap tile its region? Add up headers and payloads, and compare with what was bought.
 */
#include "exercise.h"

static bool add(const struct osm_block *block, void *context)
{
	*(size_t *)context += block->header_bytes + block->size;
	return true;
}

int main(void)
{
	struct osm_heap *heap = exercise_heap("first-fit", "meta", 4096);
	struct osm_stats stats;
	size_t sum = 0;
	void *a = osm_heap_alloc(heap, 100);

	osm_heap_alloc(heap, 200);
	osm_heap_free(heap, a);
	osm_heap_stats(heap, &stats);
	osm_heap_walk(heap, add, &sum);
	assert(sum == stats.heap_bytes && sum == 4096);
	return 0;
}
