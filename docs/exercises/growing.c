/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often does a heap ask its backend? Buying exactly what is missing: once for each block of a growing heap. Buying
 * whole pages: once a page of 4096 bytes. And a mapping for each large block.
 */
#include "exercise.h"

static struct osm_stats stats_of(enum osm_growth growth, size_t map_threshold)
{
	struct osm_config config = {.growth = growth, .map_threshold = map_threshold};
	struct osm_stats stats;
	struct osm_heap *heap;

	osm_mock_init(&exercise_mock, exercise_memory, sizeof exercise_memory);
	heap = osm_heap_create(osm_policy_find("first-fit", "bitmap"), &exercise_mock.backend, &config);
	assert(heap);
	for (int i = 0; i < 256; i++)
		assert(osm_heap_alloc(heap, 128));
	assert(osm_heap_alloc(heap, 10000));
	osm_heap_stats(heap, &stats);
	return stats;
}

int main(void)
{
	struct osm_stats exact = stats_of(OSM_GROWTH_EXACT, 8192), pages = stats_of(OSM_GROWTH_GEOMETRIC, 8192);

	assert(exact.grow_calls == 256 && exact.mapped_blocks == 1);
	assert(pages.grow_calls == 256 * 128 / 4096 && pages.mapped_blocks == 1);
	assert(stats_of(OSM_GROWTH_EXACT, SIZE_MAX).mapped_blocks == 0);
	return 0;
}
