/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Giving memory back while the heap lives: its free end (trim), and what the inner pages of free blocks hold (purge).
 *
 *     | live | free ................... | live | free ............................ |
 *              64 | whole pages | 64            keep | whole pages, the heap's end |
 *                   ^ purge                            ^ trim
 *
 * What went back and is needed again costs system calls and page faults, so a heap that gives back by itself must know
 * when to stop:
 *  - A trim leaves half of the threshold, so a loop of less than that at the boundary calls nobody.
 *  - A trim is regretted when the heap has bought half of it back. The threshold doubles then, and so it does when the
 *    backend refuses. A load that goes up and down by A costs log2(A / threshold) + 1 trims in all, however long it runs.
 *  - A block is purged only if nothing of it was used while a threshold's worth of bytes was freed elsewhere.
 */
#include "framework/heap_core.h"

/* Justified by the figures on the page on giving back. */
#define TRIM_DEFAULT ((size_t)2 << 20)

static size_t threshold_for(const struct osm_heap *heap, size_t threshold, size_t otherwise)
{
	if (threshold == OSM_THRESHOLD_PAGE)
		return heap->backend->page_size;
	return threshold == 0 ? otherwise : threshold;
}

static bool can_trim(const struct osm_heap *heap)
{
	return heap->policy->tail && heap->policy->retract && heap->backend->trim;
}

static void settle_from_now(struct osm_heap *heap)
{
	size_t trim = heap->giving.trim_above, purge = heap->config.purge_threshold;

	heap->giving.settle_at = trim < purge ? trim : purge;
}

void osm_giving_begin(struct osm_heap *heap)
{
	struct osm_config *config = &heap->config;
	size_t trim_default = config->growth == OSM_GROWTH_GEOMETRIC ? TRIM_DEFAULT : SIZE_MAX;
	bool can_purge = heap->policy->freed && heap->backend->purge;

	config->trim_threshold = can_trim(heap) ? threshold_for(heap, config->trim_threshold, trim_default) : SIZE_MAX;
	config->purge_threshold = can_purge ? threshold_for(heap, config->purge_threshold, SIZE_MAX) : SIZE_MAX;
	heap->giving = (struct giving){.trim_above = config->trim_threshold, .regret_at = SIZE_MAX};
	settle_from_now(heap);
}

static char *round_to_page(const struct osm_heap *heap, const char *p)
{
	return (char *)(((uintptr_t)p + heap->backend->page_size - 1) & ~((uintptr_t)heap->backend->page_size - 1));
}

/* Give the end back but for `keep` bytes; returns how many bytes that were. */
static size_t trim(struct osm_heap *heap, size_t keep)
{
	struct osm_region *region = heap->regions.growable;
	size_t tail = can_trim(heap) && region ? heap->policy->tail(heap->state) : 0, n;
	char *end, *before, *least;

	if (tail <= keep)
		return 0;
	before = region->end;
	end = round_to_page(heap, before - (tail - keep));
	least = round_to_page(heap, region->start + heap->backend->page_size);
	if (end < least)
		end = least;
	if (end >= before)
		return 0;
	heap->policy->retract(heap->state, region, end);
	if (region->end != end)
		return 0;
	n = (size_t)(region->bought - end);
	annotate_open(&heap->annotation, end, n);
	if (!heap->backend->trim(heap->backend, region->bought, n)) {
		annotate_close(&heap->annotation, end, n);
		heap->policy->extend(heap->state, region, before);
		return 0;
	}
	region->bought = end;
	heap->heap_bytes -= n;
	heap->giving.trim_calls++;
	heap->giving.trimmed_bytes += n;
	heap->giving.idle_start = heap->giving.idle_end = NULL;
	return n;
}

/* Give back what the pages of a free block hold; returns their bytes. */
static size_t purge(struct osm_heap *heap, char *payload, const char *end)
{
	char *first = round_to_page(heap, payload + OSM_FREE_MARGIN);
	bool purged;
	size_t n;

	if ((size_t)(end - payload) < 2 * OSM_FREE_MARGIN || first > end - OSM_FREE_MARGIN)
		return 0;
	n = (size_t)(end - OSM_FREE_MARGIN - first) & ~(heap->backend->page_size - 1);
	if (n == 0)
		return 0;
	annotate_open(&heap->annotation, first, n);
	purged = heap->backend->purge(heap->backend, first, n);
	annotate_close(&heap->annotation, first, n);
	if (!purged)
		return 0;
	heap->giving.purge_calls++;
	heap->giving.purged_bytes += n;
	return n;
}

static void trim_less(struct osm_heap *heap)
{
	heap->giving.trim_above = heap->giving.trim_above > SIZE_MAX / 2 ? SIZE_MAX : 2 * heap->giving.trim_above;
	heap->giving.regret_at = SIZE_MAX;
	settle_from_now(heap);
}

void osm_giving_regret(struct osm_heap *heap)
{
	if (heap->heap_bytes >= heap->giving.regret_at)
		trim_less(heap);
}

void osm_giving_trim(struct osm_heap *heap)
{
	size_t given = trim(heap, heap->giving.trim_above / 2);

	if (given)
		heap->giving.regret_at = heap->heap_bytes + given / 2;
	else
		trim_less(heap);
}

void osm_giving_purge(struct osm_heap *heap, char *payload, size_t size)
{
	struct giving *giving = &heap->giving;

	if (giving->idle_end)
		purge(heap, giving->idle_start, giving->idle_end);
	giving->idle_start = payload;
	giving->idle_end = payload + size;
	giving->freed = 0;
}

size_t osm_heap_trim(struct osm_heap *heap, size_t keep)
{
	int kept = osm_port_errno();
	size_t given;

	core_enter(heap);
	given = trim(heap, keep);
	core_leave(heap, (struct core_call){"osm_heap_trim", false});
	osm_port_set_errno(kept);
	return given;
}

struct purging {
	struct osm_heap *heap;
	size_t given;
};

static bool purge_free(const struct osm_block *block, void *context)
{
	struct purging *purging = context;

	if (block->free)
		purging->given += purge(purging->heap, block->payload, (char *)block->payload + block->size);
	return true;
}

size_t osm_heap_purge(struct osm_heap *heap)
{
	struct purging purging = {.heap = heap};
	int kept = osm_port_errno();

	core_enter(heap);
	if (heap->backend->purge)
		heap->policy->walk(heap->state, purge_free, &purging);
	core_leave(heap, (struct core_call){"osm_heap_purge", false});
	osm_port_set_errno(kept);
	return purging.given;
}
