/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap's hot paths. Each takes the policy as a parameter: heap.c passes the one that the heap points to, default.c
 * one that the compiler knows, so that no indirect call is left on its way to the policy.
 *
 * What is rare (buying memory, mappings, reports) stands once, in growth.c, map.c and diagnose.c.
 */
#ifndef OSMEM_HEAP_CORE_H
#define OSMEM_HEAP_CORE_H

#include <osmem/block_meta.h>
#include <osmem/heap.h>
#include <stdint.h>
#include <string.h>

#include "framework/annotate.h"
#include "framework/mapped.h"
#include "framework/metadata.h"
#include "framework/port.h"

/* The debug profile looks at the whole heap after every call that changes it. */
#ifdef OSM_DEBUG
#define CORE_VERIFIES true
#else
#define CORE_VERIFIES false
#endif

/* Regions whose description needs no metadata memory. */
#define REGIONS_INLINE 4

/* A free end of less than this part of the heap is not worth a trim: geometric growth would soon buy it again. */
#define TRIM_SHARE 8

/* Giving memory back: see giving.c. */
struct giving {
	size_t settle_at;            /* look at what can go back once the free bytes are so many; SIZE_MAX: never */
	size_t trim_above;           /* the threshold, doubled for each regret */
	size_t regret_at;            /* bytes of the heap at which its last trim is regretted; SIZE_MAX: not any more */
	size_t freed;                /* bytes freed since a purge was last thought of */
	char *idle_start, *idle_end; /* a large free block that was not used since; NULL: none */
	size_t trim_calls, trimmed_bytes, purge_calls, purged_bytes;
};

struct osm_heap {
	struct osm_lock lock;
	const struct osm_policy *policy;
	struct osm_backend *backend;
	struct osm_config config; /* as given until `ready`, then with every default filled in */
	void *state;              /* the policy's */
	bool ready;
	struct annotation annotation;

	struct osm_policy_config policy_config;
	struct osm_regions regions;
	struct osm_region *pending; /* bought, but the policy could not take it over yet */
	struct osm_region regions_inline[REGIONS_INLINE];
	size_t region_count;
	struct mapped mapped;
	struct metadata metadata;
	struct osm_fault fault; /* what the policy or a mapping reported in this call */

	size_t live_blocks, live_bytes, peak_live_bytes;
	size_t heap_bytes, mapped_blocks, mapped_bytes, peak_bytes, grow_calls;
	struct giving giving;
};

/* The public call that is running, for reports. */
struct core_call {
	const char *name;
	bool quiet; /* a pointer that is no live block is answered, not reported */
};

/* Fill in the configuration's defaults and begin the policy. */
void osm_heap_begin(struct osm_heap *heap);
/* Pay a policy's price. False: memory ran out. */
bool osm_heap_buy(struct osm_heap *heap, const struct osm_shortfall *price);
/* Give a region's memory back; false: the backend takes none. */
bool osm_heap_release(const struct osm_heap *heap, const struct osm_region *region);
/* The heap became larger: remember its peak. */
void osm_heap_note_peak(struct osm_heap *heap);
/* Fill in when memory goes back. */
void osm_giving_begin(struct osm_heap *heap);
/* The free end is as large as the threshold: give it back. */
void osm_giving_trim(struct osm_heap *heap);
/* A free left a block as large as the threshold, and as many bytes were freed: purge the one that was watched, and watch
 * this one. */
void osm_giving_purge(struct osm_heap *heap, char *payload, size_t size);
/* The heap grew: was the last trim a mistake? */
void osm_giving_regret(struct osm_heap *heap);
/* Serve n bytes by a mapping of their own; NULL if memory ran out. */
void *osm_map_block(struct osm_heap *heap, size_t n);
/* The live mapped block whose payload is p, or NULL. */
struct block_meta *osm_map_find(struct osm_heap *heap, const void *p);
/* Give a live mapped block back. */
void osm_map_free(struct osm_heap *heap, struct block_meta *block);
/* Resize a live mapped block without copying; NULL if that cannot be. */
void *osm_map_resize(struct osm_heap *heap, struct block_meta *block, size_t n);
/* Visit every block, placed and mapped; *fault tells of damaged mapped blocks. */
bool osm_heap_visit(const struct osm_heap *heap, osm_visit *visit, void *context, struct osm_fault *fault);
/* Check every invariant of the heap. */
bool osm_heap_verify(const struct osm_heap *heap, struct osm_fault *fault);
/* What is wrong with p, which is no live block? */
struct osm_fault osm_report_cause(struct osm_heap *heap, const void *p);
/* Call the error handler; the lock is not held. */
void osm_report(struct osm_heap *heap, const char *call, const struct osm_fault *fault);

static inline void core_enter(struct osm_heap *heap)
{
	osm_lock(&heap->lock);
	tool_enter();
	if (!heap->ready)
		osm_heap_begin(heap);
}

static inline void core_unlock(struct osm_heap *heap)
{
	tool_leave();
	osm_unlock(&heap->lock);
}

/* Release the lock, then report what the call met. */
static inline void core_leave(struct osm_heap *heap, struct core_call call)
{
	struct osm_fault fault = heap->fault;

	heap->fault.kind = OSM_FAULT_NONE;
	if (CORE_VERIFIES && fault.kind == OSM_FAULT_NONE)
		osm_heap_verify(heap, &fault);
	core_unlock(heap);
	if (fault.kind != OSM_FAULT_NONE)
		osm_report(heap, call.name, &fault);
}

/* p is no live block: remember why, unless the call answers that quietly. */
static inline void core_stranger(struct osm_heap *heap, struct core_call call, const void *p)
{
	struct osm_fault cause = osm_report_cause(heap, p);

	if (heap->fault.kind == OSM_FAULT_NONE && (!call.quiet || cause.kind == OSM_FAULT_DAMAGED))
		heap->fault = cause;
	if (!call.quiet)
		annotate_stranger(&heap->annotation, p);
}

static inline void core_count(struct osm_heap *heap, size_t added, size_t removed)
{
	heap->live_bytes += added - removed;
	if (heap->live_bytes > heap->peak_live_bytes)
		heap->peak_live_bytes = heap->live_bytes;
}

/* While a block moved there were two of it, which the program never held: go back to the peak before. */
static inline void core_count_moved(struct osm_heap *heap, size_t peak_before)
{
	heap->peak_live_bytes = peak_before;
	core_count(heap, 0, 0);
}

/* Does a request of n bytes, its header counted, reach the threshold? Not where the granule is more than a mapped block's
 * alignment. */
static inline bool core_is_large(const struct osm_heap *heap, size_t n, size_t threshold)
{
	size_t unit = heap->config.granule;

	return threshold != SIZE_MAX && unit <= sizeof(struct block_meta) &&
	       ((n + sizeof(struct block_meta) + unit - 1) & ~(unit - 1)) >= threshold;
}

/* A block of the policy is live where it lies now, in the place of `before` bytes that were: count it, and if memory was
   to go back there, it is not. */
static inline void core_use(struct osm_heap *heap, const struct osm_policy *policy, const char *payload, size_t before)
{
	size_t size = policy->usable_size(heap->state, payload);

	core_count(heap, size, before);
	if (payload < heap->giving.idle_end && payload + size > heap->giving.idle_start)
		heap->giving.idle_start = heap->giving.idle_end = NULL;
}

/* A block from the policy, which is asked again after each purchase; NULL if memory ran out. */
static inline void *core_place(struct osm_heap *heap, const struct osm_policy *policy, size_t n, size_t align)
{
	struct osm_shortfall price;
	void *p = policy->alloc(heap->state, annotate_request(&heap->annotation, n), align, &price);

	for (int purchases = 0; !p && heap->fault.kind == OSM_FAULT_NONE; purchases++) {
		if (purchases == 3)
			heap->fault = (struct osm_fault){OSM_FAULT_INTERNAL, NULL, "the policy named too low a price"};
		else if (!osm_heap_buy(heap, &price))
			break;
		else
			p = policy->alloc(heap->state, annotate_request(&heap->annotation, n), align, &price);
	}
	if (p) {
		heap->live_blocks++;
		core_use(heap, policy, p, 0);
		annotate_block(&heap->annotation, p, n);
	}
	return p;
}

/* Lock held. A block of n > 0 bytes; NULL if memory ran out. */
static inline void *core_obtain(struct osm_heap *heap, const struct osm_policy *policy, size_t n, size_t align,
                                size_t threshold)
{
	if (align < heap->config.granule)
		align = heap->config.granule;
	if (align > PTRDIFF_MAX / 8 || n > OSM_REQUEST_MAX - 3 * align)
		return NULL;
	if (align <= sizeof(struct block_meta) && core_is_large(heap, n, threshold))
		return osm_map_block(heap, n);
	return core_place(heap, policy, n, align);
}

/* Lock held, a block was freed. Give back to the backend what the thresholds say. */
static inline void core_settle(struct osm_heap *heap, const struct osm_policy *policy)
{
	const struct giving *giving = &heap->giving;
	size_t size;

	if (heap->heap_bytes + heap->mapped_bytes - heap->live_bytes < giving->settle_at)
		return;
	if (giving->trim_above != SIZE_MAX) {
		size = policy->tail(heap->state);
		if (size >= giving->trim_above && size >= heap->heap_bytes / TRIM_SHARE) {
			osm_giving_trim(heap);
			return;
		}
	}
	if (giving->freed >= heap->config.purge_threshold) {
		char *payload = policy->freed(heap->state, &size);

		if (size >= heap->config.purge_threshold)
			osm_giving_purge(heap, payload, size);
	}
}

/* Lock held. Give a live block of the policy back. */
static inline void core_release(struct osm_heap *heap, const struct osm_policy *policy, void *p)
{
	size_t size = policy->usable_size(heap->state, p);

	if (policy->free(heap->state, p)) {
		heap->live_blocks--;
		core_count(heap, 0, size);
		heap->giving.freed += size;
		annotate_free(&heap->annotation, p, size);
		core_settle(heap, policy);
	}
}

static inline void *core_alloc(struct osm_heap *heap, const struct osm_policy *policy, struct core_call call,
                               size_t align, size_t n)
{
	void *p;

	if (align == 0 || (align & (align - 1)) != 0) {
		osm_port_set_errno(OSM_EINVAL);
		return NULL;
	}
	if (n == 0)
		return NULL;
	core_enter(heap);
	p = core_obtain(heap, policy, n, align, heap->config.map_threshold);
	core_leave(heap, call);
	if (!p)
		osm_port_set_errno(OSM_ENOMEM);
	return p;
}

static inline void *core_calloc(struct osm_heap *heap, const struct osm_policy *policy, struct core_call call,
                                size_t count, size_t n)
{
	bool is_zero = false;
	void *p = NULL;
	size_t bytes;

	if (count == 0 || n == 0)
		return NULL;
	if (!__builtin_mul_overflow(count, n, &bytes)) {
		core_enter(heap);
		p = core_obtain(heap, policy, bytes, 1, heap->config.calloc_threshold);
		is_zero = p && core_is_large(heap, bytes, heap->config.calloc_threshold) &&
		          (heap->backend->promises & OSM_PROMISE_MAP_ZEROED);
		if (is_zero)
			annotate_defined(&heap->annotation, p, bytes);
		core_leave(heap, call);
	}
	if (!p)
		osm_port_set_errno(OSM_ENOMEM);
	return p && !is_zero ? memset(p, 0, bytes) : p;
}

static inline void core_free(struct osm_heap *heap, const struct osm_policy *policy, struct core_call call, void *p)
{
	int kept = osm_port_errno();
	struct block_meta *mapped;

	if (!p)
		return;
	core_enter(heap);
	if (policy->owns(heap->state, p))
		core_release(heap, policy, p);
	else if ((mapped = osm_map_find(heap, p)) != NULL)
		osm_map_free(heap, mapped);
	else
		core_stranger(heap, call, p);
	core_leave(heap, call);
	osm_port_set_errno(kept);
}

/* Lock held. Resize a block of the policy where it lies, buying memory if that helps and the profile allows it. */
static inline bool core_resize(struct osm_heap *heap, const struct osm_policy *policy, void *p, size_t n)
{
	size_t before = policy->usable_size(heap->state, p), had = annotate_extent(&heap->annotation, p, before);
	size_t request = annotate_request(&heap->annotation, n);
	struct osm_shortfall price;
	bool done = policy->resize(heap->state, p, request, &price);

	if (!done && price.more &&
	    (heap->config.realloc != OSM_REALLOC_CLASSIC || policy->usable_size(heap->state, p) == before))
		done = osm_heap_buy(heap, &price) && policy->resize(heap->state, p, request, &price);
	core_use(heap, policy, p, before);
	if (done)
		annotate_resized(&heap->annotation, p, had, n);
	return done;
}

/* Lock held. Grow a block of the policy downwards, where that saves the room of a second one; NULL: it cannot be. */
static inline void *core_slide(struct osm_heap *heap, const struct osm_policy *policy, void *p, size_t n, size_t old)
{
	size_t had = annotate_extent(&heap->annotation, p, old);
	char *from = tool_uncover(heap->regions.first, p, old);
	void *q = policy->slide(heap->state, p, annotate_request(&heap->annotation, n));

	tool_cover(from, (char *)p, had, old);
	if (q) {
		core_use(heap, policy, q, old);
		annotate_free(&heap->annotation, p, old);
		annotate_block(&heap->annotation, q, n);
		annotate_defined(&heap->annotation, q, had);
	}
	return q;
}

/* Lock held. Resize or move a block of the policy; NULL if memory ran out, the block as it was. */
static inline void *core_realloc_placed(struct osm_heap *heap, const struct osm_policy *policy, void *p, size_t n)
{
	size_t old = policy->usable_size(heap->state, p), peak;
	void *q;

	if (n > OSM_REQUEST_MAX)
		return NULL;
	if ((n <= old || !core_is_large(heap, n, heap->config.map_threshold)) && core_resize(heap, policy, p, n))
		return p;
	if (heap->fault.kind != OSM_FAULT_NONE)
		return NULL;
	peak = heap->peak_live_bytes;
	old = policy->usable_size(heap->state, p); /* it may have absorbed what lay behind it */
	if (policy->slide && n > old && heap->config.realloc != OSM_REALLOC_CLASSIC &&
	    !core_is_large(heap, n, heap->config.map_threshold) && (q = core_slide(heap, policy, p, n, old)) != NULL)
		return q;
	q = core_obtain(heap, policy, n, 1, heap->config.map_threshold);
	if (q) {
		old = annotate_extent(&heap->annotation, p, old);
		memcpy(q, p, old < n ? old : n);
		core_release(heap, policy, p);
	}
	core_count_moved(heap, peak);
	return q;
}

/* Lock held. Resize or move a mapped block; NULL if memory ran out, the block as it was. */
static inline void *core_realloc_mapped(struct osm_heap *heap, const struct osm_policy *policy,
                                        struct block_meta *block, size_t n)
{
	size_t peak = heap->peak_live_bytes, old;
	void *q = NULL;

	if (heap->config.realloc != OSM_REALLOC_CLASSIC && core_is_large(heap, n, heap->config.map_threshold))
		q = osm_map_resize(heap, block, n);
	if (q)
		return q;
	q = core_obtain(heap, policy, n, 1, heap->config.map_threshold);
	if (q) {
		old = annotate_extent(&heap->annotation, block + 1, block->size);
		memcpy(q, block + 1, old < n ? old : n);
		osm_map_free(heap, block);
	}
	core_count_moved(heap, peak);
	return q;
}

static inline void *core_realloc(struct osm_heap *heap, const struct osm_policy *policy, struct core_call call, void *p,
                                 size_t n)
{
	bool is_stranger = false;
	struct block_meta *mapped;
	void *q = NULL;

	if (!p)
		return core_alloc(heap, policy, call, 1, n);
	if (n == 0) {
		core_free(heap, policy, call, p);
		return NULL;
	}
	core_enter(heap);
	if (policy->owns(heap->state, p)) {
		q = core_realloc_placed(heap, policy, p, n);
	} else if ((mapped = osm_map_find(heap, p)) != NULL) {
		q = core_realloc_mapped(heap, policy, mapped, n);
	} else {
		core_stranger(heap, call, p);
		is_stranger = true;
	}
	core_leave(heap, call);
	if (!q && !is_stranger)
		osm_port_set_errno(OSM_ENOMEM);
	return q;
}

#endif
