/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wrong with a pointer that is no live block: found by a walk, so in O(blocks), but only when something is wrong.
 */
#include "framework/heap_core.h"

struct search {
	const char *p;
	struct osm_block found; /* payload NULL: nothing found */
};

static bool find_block(const struct osm_block *block, void *context)
{
	struct search *search = context;
	const char *payload = block->payload;

	if (search->p >= payload + block->size)
		return true;
	if (search->p >= payload - block->header_bytes)
		search->found = *block;
	return false;
}

static struct osm_fault cause_of(const struct search *search)
{
	const struct osm_block *block = &search->found;

	if (!block->payload)
		return (struct osm_fault){OSM_FAULT_FOREIGN, search->p, "this heap never gave it out"};
	if (block->free && block->payload == search->p)
		return (struct osm_fault){OSM_FAULT_DOUBLE_FREE, search->p, "the block is free already"};
	if (block->free)
		return (struct osm_fault){OSM_FAULT_DOUBLE_FREE, search->p,
		                          "it lies in free memory: freed before and merged, or never given out"};
	if (search->p < (const char *)block->payload)
		return (struct osm_fault){OSM_FAULT_INTERIOR, search->p, "it points into a block's header"};
	return (struct osm_fault){OSM_FAULT_INTERIOR, search->p, "it points into a live block, not to its start"};
}

static bool walk_mapped(const struct osm_heap *heap, osm_visit *visit, void *context, struct osm_fault *fault)
{
	for (struct block_meta *b = mapped_above(&heap->mapped, NULL, fault); b; b = mapped_above(&heap->mapped, b, fault))
		if (!visit(&(struct osm_block){.payload = b + 1, .size = b->size, .header_bytes = sizeof *b, .mapped = true},
		           context))
			return false;
	return fault->kind == OSM_FAULT_NONE;
}

bool osm_heap_visit(const struct osm_heap *heap, osm_visit *visit, void *context, struct osm_fault *fault)
{
	return heap->policy->walk(heap->state, visit, context) && walk_mapped(heap, visit, context, fault);
}

struct count {
	size_t blocks, bytes;
};

static bool count_live(const struct osm_block *block, void *context)
{
	struct count *count = context;

	count->blocks += !block->free;
	count->bytes += block->free ? 0 : block->size;
	return true;
}

bool osm_heap_verify(const struct osm_heap *heap, struct osm_fault *fault)
{
	struct count count = {0};

	*fault = (struct osm_fault){0};
	if (!heap->policy->check(heap->state, fault))
		return false;
	if (!osm_heap_visit(heap, count_live, &count, fault))
		return false;
	if (count.blocks != heap->live_blocks || count.bytes != heap->live_bytes)
		*fault = (struct osm_fault){OSM_FAULT_INTERNAL, heap, "the heap's books do not agree with its blocks"};
	return fault->kind == OSM_FAULT_NONE;
}

struct osm_fault osm_report_cause(struct osm_heap *heap, const void *p)
{
	struct search search = {.p = p};
	struct osm_fault fault = {0};

	if (!osm_heap_verify(heap, &fault))
		return fault;
	heap->policy->walk(heap->state, find_block, &search);
	if (!search.found.payload)
		walk_mapped(heap, find_block, &search, &fault);
	return cause_of(&search);
}
