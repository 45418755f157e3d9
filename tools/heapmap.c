/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capturing a heap map: the blocks of a walk, parted into sections.
 *
 * A walk does not say where regions begin and end. Between the blocks of one region there is at most a little padding,
 * so a larger gap, or a step down, begins another region.
 */
#include <stdlib.h>

#include "tools/heapmap.h"

#define GAP_MAX 4096

/* Room for one more entry; entries of `bytes` each. Returns the array, perhaps moved, or NULL. */
static void *array_reserve(void *array, size_t *room, size_t count, size_t bytes)
{
	size_t more = *room ? 2 * *room : 64;

	if (count < *room)
		return array;
	array = realloc(array, more * bytes);
	if (array)
		*room = more;
	return array;
}

static struct heapmap_section *section_begin(struct heapmap *map, bool mapped)
{
	struct heapmap_section *sections =
		array_reserve(map->sections, &map->section_room, map->section_count, sizeof *sections);

	if (!sections)
		return NULL;
	map->sections = sections;
	sections[map->section_count] = (struct heapmap_section){.first = map->block_count, .mapped = mapped};
	return &sections[map->section_count++];
}

/* The section that a block at this address belongs to, and in `gap` what lies between it and the block before. */
static struct heapmap_section *section_for(struct heapmap *map, uintptr_t start, bool mapped, size_t *gap)
{
	struct heapmap_section *last = map->section_count ? &map->sections[map->section_count - 1] : NULL;

	*gap = 0;
	if (!last || last->mapped != mapped)
		return section_begin(map, mapped);
	if (mapped)
		return last;
	if (start < map->walk_end || start - map->walk_end > GAP_MAX)
		return section_begin(map, mapped);
	*gap = start - map->walk_end;
	return last;
}

static bool block_capture(const struct osm_block *block, void *context)
{
	struct heapmap *map = context;
	uintptr_t start = (uintptr_t)block->payload - block->header_bytes;
	size_t gap;
	struct heapmap_section *section = section_for(map, start, block->mapped, &gap);
	struct heapmap_block *blocks = array_reserve(map->blocks, &map->block_room, map->block_count, sizeof *blocks);

	if (blocks)
		map->blocks = blocks;
	if (!section || !blocks)
		return false;
	blocks[map->block_count++] = (struct heapmap_block){
		.at = section->bytes + gap, .header = block->header_bytes, .payload = block->size, .free = block->free};
	section->bytes += gap + block->header_bytes + block->size;
	section->end = map->block_count;
	map->walk_end = (uintptr_t)block->payload + block->size;
	return true;
}

bool heapmap_capture(struct heapmap *map, struct osm_heap *heap)
{
	*map = (struct heapmap){0};
	if (!osm_heap_walk(heap, block_capture, map)) {
		heapmap_release(map);
		return false;
	}
	return true;
}

void heapmap_release(struct heapmap *map)
{
	free(map->blocks);
	free(map->sections);
	*map = (struct heapmap){0};
}
