/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is asked of both heaps together: figures, memory to give back, quiet around a fork.
 */
#include "framework/dropin/central.h"

#include "framework/dropin/central_heaps.h"
#include "framework/dropin/keep.h"
#include "framework/heap_core.h"

/* Give a heap's end back but for `keep` bytes, and what the pages of its other free blocks hold. */
static bool give_back(struct osm_heap *heap, size_t keep)
{
	bool trimmed = osm_heap_trim(heap, keep) != 0;

	return osm_heap_purge(heap) != 0 || trimmed;
}

bool central_trim(size_t keep)
{
	struct osm_heap *small = central_heap(CENTRAL_SMALL), *large = central_heap(CENTRAL_LARGE);
	bool any;

	if (!central_enter())
		return false;
	core_enter(large);
	any = keep_release();
	core_leave(large, (struct core_call){"malloc_trim", false});
	any = give_back(small, keep) || any;
	if (large != small)
		any = give_back(large, 0) || any;
	central_leave("malloc_trim");
	return any;
}

/* Peaks may have been at different times: their sum is a bound. */
static void add_stats(struct osm_stats *sum, const struct osm_stats *more)
{
	sum->live_blocks += more->live_blocks;
	sum->live_bytes += more->live_bytes;
	sum->peak_live_bytes += more->peak_live_bytes;
	sum->free_blocks += more->free_blocks;
	sum->free_bytes += more->free_bytes;
	sum->heap_bytes += more->heap_bytes;
	sum->mapped_blocks += more->mapped_blocks;
	sum->mapped_bytes += more->mapped_bytes;
	sum->metadata_bytes += more->metadata_bytes;
	sum->peak_bytes += more->peak_bytes;
	sum->regions += more->regions;
	sum->grow_calls += more->grow_calls;
	if (more->largest_free > sum->largest_free)
		sum->largest_free = more->largest_free;
}

void central_walk(osm_visit *visit, void *context)
{
	struct osm_heap *small = central_heap(CENTRAL_SMALL), *large = central_heap(CENTRAL_LARGE);

	osm_heap_walk(small, visit, context);
	if (large != small)
		osm_heap_walk(large, visit, context);
}

void central_stats(struct osm_stats *stats)
{
	struct osm_heap *small = central_heap(CENTRAL_SMALL), *large = central_heap(CENTRAL_LARGE);
	struct osm_stats more;

	*stats = (struct osm_stats){0};
	if (!central_enter())
		return;
	osm_heap_stats(small, stats);
	if (large != small) {
		osm_heap_stats(large, &more);
		add_stats(stats, &more);
	}
	central_leave("malloc_stats");
}

/* The thread that forks counts as in the heap, so that a handler that interrupts it waits for none of its locks:
 * modelled in tests/models/locks.pml. */
static _Thread_local bool entered;

void central_lock(void)
{
	struct osm_heap *small = central_heap(CENTRAL_SMALL), *large = central_heap(CENTRAL_LARGE);

	entered = central_enter();
	osm_lock(&small->lock);
	if (large != small)
		osm_lock(&large->lock);
}

void central_unlock(void)
{
	struct osm_heap *small = central_heap(CENTRAL_SMALL), *large = central_heap(CENTRAL_LARGE);

	if (large != small)
		osm_unlock(&large->lock);
	osm_unlock(&small->lock);
	if (entered)
		central_leave("fork");
}
