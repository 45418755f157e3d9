/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Large blocks: one mapping each.
 *
 *     | struct block_meta | payload ................ |
 *     ^ mapping, n + 32 bytes rounded up to the granule
 */
#include "framework/heap_core.h"

/* A header is aligned so that the payload behind it is aligned to 32. */
enum { MAP_ALIGN = 64 };

_Static_assert(sizeof(struct block_meta) == 32, "also where addresses have 32 bits, or payloads are aligned to less");

static size_t mapping_bytes(const struct osm_heap *heap, size_t payload)
{
	size_t unit = heap->config.granule;

	return (payload + sizeof(struct block_meta) + unit - 1) & ~(unit - 1);
}

/* Enter a mapping into the books. */
static void *remember(struct osm_heap *heap, void *mapping, size_t bytes)
{
	struct block_meta *block = mapped_insert(&heap->mapped, mapping, bytes - sizeof *block);

	annotate_close(&heap->annotation, mapping, bytes);
	heap->mapped_blocks++;
	heap->mapped_bytes += bytes;
	heap->live_blocks++;
	core_count(heap, block->size, 0);
	osm_heap_note_peak(heap);
	return block + 1;
}

void *osm_map_block(struct osm_heap *heap, size_t n)
{
	size_t bytes = mapping_bytes(heap, annotate_mapping(&heap->annotation, n));
	void *mapping = heap->backend->map(heap->backend, bytes, MAP_ALIGN);

	if (!mapping)
		return NULL;
	/* The search takes the path that the insertion will take, and looks at every header on it. */
	mapped_find(&heap->mapped, (char *)mapping + sizeof(struct block_meta), &heap->fault);
	if (heap->fault.kind != OSM_FAULT_NONE) {
		heap->backend->unmap(heap->backend, mapping, bytes);
		return NULL;
	}
	mapping = remember(heap, mapping, bytes);
	annotate_block(&heap->annotation, mapping, n);
	return mapping;
}

struct block_meta *osm_map_find(struct osm_heap *heap, const void *p)
{
	return mapped_find(&heap->mapped, p, &heap->fault);
}

/* Take a block out of the heap's books; its mapping stays. */
static size_t forget(struct osm_heap *heap, struct block_meta *block)
{
	size_t bytes = block->size + sizeof *block;

	mapped_remove(&heap->mapped, block);
	heap->mapped_blocks--;
	heap->mapped_bytes -= bytes;
	heap->live_blocks--;
	core_count(heap, 0, block->size);
	block->status = STATUS_FREE;
	annotate_free(&heap->annotation, block + 1, block->size);
	annotate_open(&heap->annotation, block, bytes);
	return bytes;
}

void osm_map_free(struct osm_heap *heap, struct block_meta *block)
{
	size_t bytes = forget(heap, block);

	heap->backend->unmap(heap->backend, block, bytes);
}

void *osm_map_resize(struct osm_heap *heap, struct block_meta *block, size_t n)
{
	size_t from = block->size + sizeof *block, had = annotate_extent(&heap->annotation, block + 1, block->size), to;
	void *moved, *p;

	if (n > OSM_REQUEST_MAX)
		return NULL;
	to = mapping_bytes(heap, annotate_mapping(&heap->annotation, n));
	if (to == from || (!heap->backend->remap && to < from && to >= from / 2)) {
		annotate_resized(&heap->annotation, block + 1, had, n);
		return block + 1;
	}
	if (!heap->backend->remap)
		return NULL;
	forget(heap, block);
	moved = heap->backend->remap(heap->backend, block, from, to);
	p = moved ? remember(heap, moved, to) : remember(heap, block, from);
	annotate_block(&heap->annotation, p, moved ? n : had);
	annotate_defined(&heap->annotation, p, moved && n < had ? n : had);
	return moved ? p : NULL;
}
