/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Growing: how a heap pays the price that its policy named, and keeps its regions.
 *
 * A fresh region passes three steps, and a failure in each leaves the heap as it was: it is described (`pending`), its
 * bytes are bought, the policy takes them over. What was bought and could not be taken over waits for the next try, unless
 * it was more than the request needs, and more than the policy can ever take.
 */
#include "framework/heap_core.h"

void osm_heap_note_peak(struct osm_heap *heap)
{
	size_t bytes = heap->heap_bytes + heap->mapped_bytes + heap->policy->metadata_bytes(heap->state);

	if (bytes > heap->peak_bytes)
		heap->peak_bytes = bytes;
}

/* How much to buy where `need` bytes would do and `room` can be had at most. */
static size_t amount_for(const struct osm_heap *heap, size_t need, size_t room)
{
	size_t page = heap->backend->page_size;
	size_t amount = need;

	if (heap->config.growth == OSM_GROWTH_GEOMETRIC) {
		if (amount < heap->heap_bytes / 256)
			amount = heap->heap_bytes / 256;
		if (amount <= PTRDIFF_MAX - page)
			amount = (amount + page - 1) & ~(page - 1);
	}
	if (!heap->regions.first && amount < heap->config.preallocate)
		amount = heap->config.preallocate;
	return amount < room ? amount : room;
}

/* Let a region end at least n bytes further up. */
static bool grow_region(struct osm_heap *heap, struct osm_region *region, size_t n)
{
	size_t have = (size_t)(region->bought - region->end);
	size_t reach;

	if (n > have) {
		if (!heap->backend->grow(heap->backend, region->bought, n - have, &reach))
			return false;
		annotate_close(&heap->annotation, region->bought, n - have);
		region->bought += n - have;
		heap->heap_bytes += n - have;
		heap->grow_calls++;
	}
	return heap->policy->extend(heap->state, region, region->bought);
}

/* A description for one more region, not yet in use; NULL if memory ran out. */
static struct osm_region *describe_region(struct osm_heap *heap)
{
	struct osm_region *region = NULL;

	if (heap->region_count < REGIONS_INLINE)
		region = &heap->regions_inline[heap->region_count];
	else
		region = heap->metadata.source.take(&heap->metadata.source, sizeof *region);
	if (region)
		heap->region_count++;
	return region;
}

/* Let the policy take over the pending region. */
static bool adopt_region(struct osm_heap *heap)
{
	struct osm_region *region = heap->pending;
	struct osm_region **link = &heap->regions.first;

	while (*link && (*link)->start < region->start)
		link = &(*link)->next;
	region->next = *link;
	*link = region;
	if (!heap->policy->extend(heap->state, region, region->bought)) {
		*link = region->next;
		region->limit = region->reserved; /* brought down by the policy, in search of metadata that is small enough */
		return false;
	}
	heap->regions.growable = region;
	heap->pending = NULL;
	return true;
}

static bool begin_region(struct osm_heap *heap, size_t n)
{
	struct osm_region *region;
	size_t reach = n;
	char *start;

	if (!heap->pending)
		heap->pending = describe_region(heap);
	region = heap->pending;
	if (!region)
		return false;
	start = heap->backend->grow(heap->backend, NULL, n, &reach);
	if (!start)
		return false;
	*region = (struct osm_region){
		.start = start, .end = start, .bought = start + n, .limit = start + reach, .reserved = start + reach};
	annotate_close(&heap->annotation, start, n);
	heap->heap_bytes += n;
	heap->grow_calls++;
	return adopt_region(heap);
}

static bool note_room(const struct osm_block *block, void *context)
{
	struct annotation *annotation = context;

	annotation->room = block->header_bytes == 0;
	return false;
}

/* Where payloads have no headers between them, a tool would see nothing closed behind a block that is full. */
static void learn_room(struct osm_heap *heap)
{
	if (tool_watches() && !heap->annotation.off)
		heap->policy->walk(heap->state, note_room, &heap->annotation);
}

/* Is there a region that was bought, and could not be taken over? */
static bool one_waits(const struct osm_heap *heap)
{
	return heap->pending && heap->pending->start;
}

bool osm_heap_release(const struct osm_heap *heap, const struct osm_region *region)
{
	struct osm_backend *backend = heap->backend;
	size_t n = (size_t)(region->bought - region->start);

	annotate_open(&heap->annotation, region->start, n);
	if (backend->release)
		backend->release(backend, region->start, n, (size_t)(region->reserved - region->start));
	return backend->release;
}

/* The region that waits goes back. */
static void retract_waiting(struct osm_heap *heap)
{
	struct osm_region *region = heap->pending;

	if (!osm_heap_release(heap, region))
		return;
	heap->heap_bytes -= (size_t)(region->bought - region->start);
	region->start = NULL;
}

bool osm_heap_buy(struct osm_heap *heap, const struct osm_shortfall *price)
{
	struct osm_region *region = heap->regions.growable;
	bool done = one_waits(heap) && adopt_region(heap);

	/* One that waits may be out of the policy's reach for ever, while the newest can grow again. */
	if (!done && price->more && region && heap->fault.kind == OSM_FAULT_NONE) {
		size_t amount = amount_for(heap, price->more, (size_t)(region->limit - region->end));

		done = grow_region(heap, region, amount) || (amount > price->more && grow_region(heap, region, price->more));
	}
	if (!done && price->fresh && !one_waits(heap) && heap->fault.kind == OSM_FAULT_NONE) {
		size_t amount = amount_for(heap, price->fresh, PTRDIFF_MAX), refused = heap->metadata.refused;

		done = begin_region(heap, amount);
		/* It is not for want of metadata that the policy does not take it. */
		if (!done && amount > price->fresh && one_waits(heap) && refused == heap->metadata.refused)
			retract_waiting(heap);
		if (!done && heap->config.growth == OSM_GROWTH_GEOMETRIC && amount > price->fresh && !one_waits(heap))
			done = begin_region(heap, price->fresh);
	}
	osm_heap_note_peak(heap);
	osm_giving_regret(heap);
	learn_room(heap);
	return done;
}
