/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wrong with a pointer into a slab, or with a list of free blocks: slow, and only asked when something is.
 */
#include "framework/dropin/central.h"
#include "framework/dropin/front.h"

/* What is wrong with a pointer into a slab? The slab may be anybody's. */
static struct osm_fault explain(const struct slab *slab, const void *p, bool *is_block)
{
	size_t offset = (size_t)((const char *)p - slab_memory(slab));
	size_t size = slab->size;

	*is_block = slab->inverse != 0 && offset / size - SLAB_LEAD < slab->carved;
	if (slab->inverse == 0)
		return (struct osm_fault){OSM_FAULT_DOUBLE_FREE, p, "it lies in free memory: freed before, or never given out"};
	if (offset % size != 0)
		return (struct osm_fault){OSM_FAULT_INTERIOR, p, "it points into a block, not to its start"};
	if (!*is_block)
		return (struct osm_fault){OSM_FAULT_FOREIGN, p, "this block was never given out"};
	return (struct osm_fault){OSM_FAULT_DOUBLE_FREE, p, "the block is free already"};
}

void front_refuse(const char *call, const void *p)
{
	const struct slab *slab = slab_of(p);
	bool is_block;
	struct osm_fault fault = explain(slab, p, &is_block);
	size_t offset = (size_t)((const char *)p - slab_memory(slab));

	if (is_block)
		central_report_block(call, &fault, slab_memory(slab) + offset / slab->size * slab->size, slab->size);
	else
		central_report(call, &fault);
}

void front_forget(struct link **list)
{
	const struct link *first = *list;
	struct osm_fault fault = {OSM_FAULT_DAMAGED, first,
	                          "a free block was overwritten: used after it was freed, or by an overrun before it"};

	*list = NULL;
	central_report_block("malloc", &fault, first, slab_of(first)->size);
}
