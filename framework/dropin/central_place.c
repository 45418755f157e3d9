/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding a live block and looking at it. Modelled in tests/models/locks.pml: the order of the locks.
 */
#include "framework/dropin/central_place.h"

#include "framework/dropin/central.h"
#include "framework/dropin/central_heaps.h"

/* Does a block with so many bytes fit where it is? A size that leads out of the heap is not followed. */
static bool place_has_room(const struct place *at, const char *p, size_t size)
{
	const struct osm_region *region = at->heap->regions.first;

	while (!at->mapped && region && (p < region->start || p >= region->end))
		region = region->next;
	return size >= SEAL_WORD && (at->mapped || (region && size <= (size_t)(region->end - p)));
}

/* What is wrong with the block that starts at p; its detail is NULL: nothing. */
static struct osm_fault place_fault(const struct place *at, const char *p)
{
	size_t size;

	if (HARDENING == 0)
		return (struct osm_fault){0};
	size = place_bytes(at, p);
	if (place_has_room(at, p, size)) {
		uint64_t error = seal_error(seal_read(p, size), p);

		if (error == 0 && seal_is_whole(p, size))
			return (struct osm_fault){0};
		if (error == 0)
			return (struct osm_fault){OSM_FAULT_DAMAGED, p, "something was written directly behind its end"};
		if (error == SEAL_WAITS)
			return (struct osm_fault){OSM_FAULT_DOUBLE_FREE, p, "the block is free already"};
	}
	return (struct osm_fault){OSM_FAULT_DAMAGED, p,
	                          "something was written behind its end, or over its header by the block before"};
}

static bool find_in(struct osm_heap *heap, const void *p, struct place *place)
{
	core_enter(heap);
	*place = (struct place){.heap = heap};
	if (heap->policy->owns(heap->state, p) || (place->mapped = osm_map_find(heap, p)) != NULL)
		return true;
	return false;
}

static bool find_live(const char *call, const void *p, struct place *place)
{
	struct osm_heap *small = central_heap(CENTRAL_SMALL), *large = central_heap(CENTRAL_LARGE);
	struct core_call core = {call, false};

	if (find_in(small, p, place))
		return true;
	if (small != large) {
		/* Nothing to tell yet, unless the search met damage. */
		core_leave(small, core);
		if (find_in(large, p, place))
			return true;
		core_leave(large, core);
		core_enter(small);
		/* A pointer into the large heap is explained there. */
		if (osm_report_cause(small, p).kind == OSM_FAULT_FOREIGN) {
			core_leave(small, core);
			core_enter(large);
			place->heap = large;
		} else {
			place->heap = small;
		}
	}
	core_stranger(place->heap, core, p);
	core_leave(place->heap, core);
	return false;
}

bool place_find(const char *call, const void *p, struct place *place)
{
	struct osm_fault fault;
	size_t size;

	if (!find_live(call, p, place))
		return false;
	fault = place_fault(place, p);
	if (!fault.detail)
		return true;
	size = place_bytes(place, p);
	core_leave(place->heap, (struct core_call){call, false});
	central_report_block(call, &fault, p, size);
	return false;
}
