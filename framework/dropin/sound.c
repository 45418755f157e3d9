/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happened to a free list that is not sound: slow, and only done when there is something to tell.
 */
#include "framework/dropin/sound.h"

#include "framework/dropin/central.h"

/* Does the list lead from a block back to it? */
static bool leads_back(const struct slab *slab, const struct link *block, uint32_t count)
{
	const struct link *p = link_next(block);

	for (; count > 0 && link_is_inside(slab, p); count--) {
		if (p == block)
			return true;
		p = link_next(p);
	}
	return false;
}

static struct osm_fault list_fault(const struct slab *slab, struct link *first, uint32_t count)
{
	const void *block = slab_memory(slab); /* the last that was met, or at least its slab */
	struct link *p = first;

	for (uint32_t i = 0; i < count && link_is_inside(slab, p); i++, p = link_next(p)) {
		if (leads_back(slab, p, count))
			return (struct osm_fault){OSM_FAULT_DOUBLE_FREE, p, "the block is twice among the free ones of its size"};
		block = p;
	}
	return (struct osm_fault){OSM_FAULT_DAMAGED, block, "a free block was overwritten, or freed twice"};
}

void list_report(const struct slab *slab, struct link *first, uint32_t count)
{
	struct osm_fault fault = list_fault(slab, first, count);

	central_report("free", &fault);
}
