/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * First-class heaps: the public calls of heap.h over the hot paths of heap_core.h.
 */
#include "framework/heap_core.h"

enum { LINE = 64 };

#define MAP_THRESHOLD_DEFAULT ((size_t)128 * 1024)
#define GRANULE_DEFAULT ((size_t)16)

static size_t round_to_line(size_t n)
{
	return (n + LINE - 1) / LINE * LINE;
}

/* What the policy has nearest to a granule, a power of two; 0: to the default. */
static size_t nearest_granule(const struct osm_policy *policy, size_t granule)
{
	if (granule == 0)
		granule = GRANULE_DEFAULT;
	if (granule < policy->granule_min)
		return policy->granule_min;
	return granule < policy->granule_max ? granule : policy->granule_max;
}

static size_t threshold_for(const struct osm_heap *heap, size_t threshold, size_t otherwise)
{
	if (threshold == OSM_THRESHOLD_PAGE)
		return heap->backend->page_size;
	return threshold == 0 ? otherwise : threshold;
}

void osm_heap_begin(struct osm_heap *heap)
{
	struct osm_config *config = &heap->config;

	config->granule = nearest_granule(heap->policy, config->granule);
	config->map_threshold = threshold_for(heap, config->map_threshold, MAP_THRESHOLD_DEFAULT);
	config->calloc_threshold = threshold_for(heap, config->calloc_threshold, config->map_threshold);
	metadata_init(&heap->metadata, heap->backend);
	heap->policy_config = (struct osm_policy_config){.granule = config->granule,
	                                                 .regions = &heap->regions,
	                                                 .metadata = &heap->metadata.source,
	                                                 .fault = &heap->fault};
	heap->policy->init(heap->state, &heap->policy_config);
	osm_giving_begin(heap);
	heap->ready = true;
}

struct osm_heap *osm_heap_create(const struct osm_policy *policy, struct osm_backend *backend,
                                 const struct osm_config *config)
{
	size_t granule = config ? config->granule : 0;
	struct osm_heap *heap;
	size_t bytes;

	if (!policy || !backend ||
	    (granule != 0 && ((granule & (granule - 1)) != 0 || granule != nearest_granule(policy, granule)))) {
		osm_port_set_errno(OSM_EINVAL);
		return NULL;
	}
	bytes = round_to_line(sizeof *heap) + policy->state_size;
	heap = backend->map(backend, bytes, LINE);
	if (!heap)
		return NULL;
	memset(heap, 0, bytes);
	heap->lock = (struct osm_lock)OSM_LOCK_INITIAL;
	heap->policy = policy;
	heap->backend = backend;
	heap->state = (char *)heap + round_to_line(sizeof *heap);
	if (config)
		heap->config = *config;
	osm_heap_begin(heap);
	return heap;
}

/* Turn the list of regions round: a break or an arena takes back only what ends where it does. */
static struct osm_region *highest_first(struct osm_region *lowest)
{
	struct osm_region *turned = NULL;

	while (lowest) {
		struct osm_region *region = lowest;

		lowest = region->next;
		region->next = turned;
		turned = region;
	}
	return turned;
}

/* A tool is told that the blocks that live end with the heap. */
static bool forget_block(const struct osm_block *block, void *context)
{
	const struct osm_heap *heap = context;

	if (!block->free)
		annotate_free(&heap->annotation, block->payload, block->size);
	return true;
}

void osm_heap_destroy(struct osm_heap *heap)
{
	struct osm_fault fault = {0};
	struct osm_backend *backend;
	struct block_meta *block;

	if (!heap)
		return;
	tool_enter();
	backend = heap->backend;
	if (tool_watches())
		heap->policy->walk(heap->state, forget_block, heap);
	while ((block = mapped_above(&heap->mapped, NULL, &fault)) != NULL)
		osm_map_free(heap, block);
	if (heap->pending && heap->pending->start)
		osm_heap_release(heap, heap->pending);
	for (const struct osm_region *region = highest_first(heap->regions.first); region; region = region->next)
		osm_heap_release(heap, region);
	metadata_release(&heap->metadata);
	backend->unmap(backend, heap, round_to_line(sizeof *heap) + heap->policy->state_size);
	tool_leave();
}

void *osm_heap_alloc(struct osm_heap *heap, size_t n)
{
	return core_alloc(heap, heap->policy, (struct core_call){"osm_heap_alloc", false}, 1, n);
}

void *osm_heap_alloc_aligned(struct osm_heap *heap, size_t align, size_t n)
{
	return core_alloc(heap, heap->policy, (struct core_call){"osm_heap_alloc_aligned", false}, align, n);
}

void *osm_heap_calloc(struct osm_heap *heap, size_t count, size_t n)
{
	return core_calloc(heap, heap->policy, (struct core_call){"osm_heap_calloc", false}, count, n);
}

void *osm_heap_realloc(struct osm_heap *heap, void *p, size_t n)
{
	return core_realloc(heap, heap->policy, (struct core_call){"osm_heap_realloc", false}, p, n);
}

void osm_heap_free(struct osm_heap *heap, void *p)
{
	core_free(heap, heap->policy, (struct core_call){"osm_heap_free", false}, p);
}

size_t osm_heap_usable_size(struct osm_heap *heap, const void *p)
{
	struct core_call call = {"osm_heap_usable_size", false};
	struct block_meta *mapped;
	size_t size = 0;

	if (!p)
		return 0;
	core_enter(heap);
	if (heap->policy->owns(heap->state, p))
		size = heap->policy->usable_size(heap->state, p);
	else if ((mapped = osm_map_find(heap, p)) != NULL)
		size = mapped->size;
	else
		core_stranger(heap, call, p);
	if (size)
		annotate_whole(&heap->annotation, (void *)p, size);
	core_leave(heap, call);
	return size;
}

bool osm_heap_owns(struct osm_heap *heap, const void *p)
{
	struct osm_fault fault = {0};
	bool owns;

	core_enter(heap);
	owns = heap->policy->owns(heap->state, p) || mapped_find(&heap->mapped, p, &fault);
	core_unlock(heap);
	return owns;
}

bool osm_heap_walk(struct osm_heap *heap, osm_visit *visit, void *context)
{
	struct osm_fault fault = {0};
	bool whole;

	core_enter(heap);
	whole = osm_heap_visit(heap, visit, context, &fault);
	core_unlock(heap);
	return whole;
}

bool osm_heap_check(struct osm_heap *heap, struct osm_fault *fault)
{
	struct osm_fault found;
	bool sound;

	core_enter(heap);
	sound = osm_heap_verify(heap, &found);
	core_unlock(heap);
	if (fault)
		*fault = found;
	return sound;
}

static bool count_free(const struct osm_block *block, void *context)
{
	struct osm_stats *stats = context;

	if (block->free) {
		stats->free_blocks++;
		stats->free_bytes += block->size;
		if (block->size > stats->largest_free)
			stats->largest_free = block->size;
	}
	return true;
}

/* Lock held. All that needs no walk. */
static void tally(struct osm_heap *heap, struct osm_stats *stats)
{
	const struct osm_policy *policy = heap->policy;

	osm_heap_note_peak(heap); /* an index may have touched more of its memory since the heap last grew */
	*stats = (struct osm_stats){.live_blocks = heap->live_blocks,
	                            .live_bytes = heap->live_bytes,
	                            .peak_live_bytes = heap->peak_live_bytes,
	                            .heap_bytes = heap->heap_bytes,
	                            .mapped_blocks = heap->mapped_blocks,
	                            .mapped_bytes = heap->mapped_bytes,
	                            .metadata_bytes = policy->metadata_bytes(heap->state),
	                            .peak_bytes = heap->peak_bytes,
	                            .grow_calls = heap->grow_calls,
	                            .trim_calls = heap->giving.trim_calls,
	                            .trimmed_bytes = heap->giving.trimmed_bytes,
	                            .purge_calls = heap->giving.purge_calls,
	                            .purged_bytes = heap->giving.purged_bytes,
	                            .search_steps = policy->steps ? policy->steps(heap->state) : 0};
	for (const struct osm_region *region = heap->regions.first; region; region = region->next)
		stats->regions++;
}

void osm_heap_tally(struct osm_heap *heap, struct osm_stats *stats)
{
	core_enter(heap);
	tally(heap, stats);
	core_unlock(heap);
}

void osm_heap_stats(struct osm_heap *heap, struct osm_stats *stats)
{
	core_enter(heap);
	tally(heap, stats);
	heap->policy->walk(heap->state, count_free, stats);
	core_unlock(heap);
}
