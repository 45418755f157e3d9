/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One heap for all threads.
 *
 * A signal handler that runs while its own thread is in the heap must not wait for the lock that this thread holds. By
 * POSIX it must not allocate at all; one that does nevertheless gets no memory (NULL, ENOMEM), and what it frees waits on
 * a list until the next call. So nobody ever waits for himself, and other threads wait only for a call to end.
 */
#include "framework/dropin/central.h"

#include <osmem/print.h>
#include <stdatomic.h>

#include "framework/dropin/keep.h"
#include "framework/heap_core.h"

/*
 * Large blocks are placed by the policy too, up to here: they grow where they lie, serve again without a system call, and
 * keep their pages. Above, a mapping of their own goes back sooner than a hole in the heap would. A zeroed block has a
 * mapping much earlier, since pages that nobody touches cost nothing there.
 */
#define MAP_FROM ((size_t)4 << 20)
#define MAP_ZEROED_FROM ((size_t)128 << 10)

/* A block that was freed from a signal handler and waits: its first word links it. */
struct waiting {
	struct waiting *next;
};

static struct osm_heap *heap;
static unsigned check_after; /* calls between two checks; 0: none */
static unsigned calls;       /* since the last check; its exactness does not matter */
static enum dropin_on_error on_error;
static _Atomic(struct waiting *) waiting;
static _Thread_local bool inside; /* this thread is in the heap */

/* Told by the heap, which has let its lock go. */
static void report(struct osm_heap *reporter, const char *call, const struct osm_fault *fault)
{
	(void)reporter;
	inside = false; /* a handler of SIGABRT may allocate */
	if (on_error != DROPIN_IGNORE)
		osm_dprintf(2, "osmem: %s: %s at %p: %s\n", call, osm_fault_name(fault->kind), fault->where, fault->detail);
	if (on_error == DROPIN_ABORT)
		osm_port_abort();
}

bool central_begin(const struct dropin_options *options)
{
	struct osm_config config = {.map_threshold = MAP_FROM,
	                            .calloc_threshold = MAP_ZEROED_FROM,
	                            .growth = OSM_GROWTH_GEOMETRIC,
	                            .realloc = OSM_REALLOC_IN_PLACE};

	check_after = options->check;
	on_error = options->on_error;
	osm_set_error_handler(report);
	heap = osm_heap_create(options->policy, keep_over(options->backend), &config);
	return heap != NULL;
}

/* Free what handlers left. The exchange takes the whole list, so that no block is seen twice. */
static void free_waiting(void)
{
	struct waiting *block;

	if (!atomic_load_explicit(&waiting, memory_order_relaxed))
		return;
	/* acquire: what the handler's thread wrote into the block is seen */
	block = atomic_exchange_explicit(&waiting, NULL, memory_order_acquire);
	while (block) {
		struct waiting *next = block->next;

		core_free(heap, heap->policy, (struct core_call){"free", false}, block);
		block = next;
	}
}

static void leave(const char *call)
{
	struct osm_fault fault;

	if (check_after && ++calls >= check_after) {
		calls = 0;
		if (!osm_heap_check(heap, &fault))
			report(heap, call, &fault);
	}
	inside = false;
}

/* False: this thread is in the heap already. */
static bool enter(void)
{
	if (inside)
		return false;
	inside = true;
	/* A handler on this thread sees `inside` before any of what follows. */
	atomic_signal_fence(memory_order_seq_cst);
	free_waiting();
	return true;
}

static void *refuse(void)
{
	osm_port_set_errno(OSM_ENOMEM);
	return NULL;
}

/* Heap's lock held. n bytes; *is_zero: they are known to be zero. NULL: memory ran out. */
static void *obtain(size_t n, size_t align, size_t threshold, bool *is_zero)
{
	void *p;

	*is_zero = false;
	if (align > sizeof(struct block_meta) || n > OSM_REQUEST_MAX || !core_is_large(heap, n, threshold))
		return core_obtain(heap, heap->policy, n, align, SIZE_MAX);
	keep_allow();
	p = osm_map_block(heap, n);
	*is_zero = keep_forbid() && (heap->backend->promises & OSM_PROMISE_MAP_ZEROED);
	return p;
}

void *central_alloc(const char *call, size_t align, size_t n)
{
	bool is_zero;
	void *p;

	if (!enter())
		return refuse();
	core_enter(heap);
	p = obtain(n, align, heap->config.map_threshold, &is_zero);
	core_leave(heap, (struct core_call){call, false});
	leave(call);
	return p ? p : refuse();
}

void *central_calloc(const char *call, size_t n)
{
	bool is_zero;
	void *p;

	if (!enter())
		return refuse();
	core_enter(heap);
	p = obtain(n, 1, heap->config.calloc_threshold, &is_zero);
	core_leave(heap, (struct core_call){call, false});
	leave(call);
	if (!p)
		return refuse();
	return is_zero ? p : memset(p, 0, n);
}

/* Heap's lock held. A new block for `old` bytes of p; the caller frees the old one. NULL: memory ran out. */
static void *moved(const void *p, size_t old, size_t n)
{
	bool is_zero;
	void *q = n <= OSM_REQUEST_MAX ? obtain(n, 1, heap->config.map_threshold, &is_zero) : NULL;

	return q ? memcpy(q, p, old < n ? old : n) : NULL;
}

/* Heap's lock held. */
static void *realloc_placed(void *p, size_t n)
{
	size_t old = heap->policy->usable_size(heap->state, p), peak = heap->peak_live_bytes;
	bool may_stay = n <= OSM_REQUEST_MAX && (n <= old || !core_is_large(heap, n, heap->config.map_threshold));
	void *q;

	if (may_stay && core_resize(heap, heap->policy, p, n))
		return p;
	/* What grows by little is likely to grow again: so much room that it moves seldom. */
	q = moved(p, old, n > old && n - old < old / 4 ? n + n / 8 : n);
	if (q)
		core_release(heap, heap->policy, p);
	core_count_moved(heap, peak);
	return q;
}

/* Heap's lock held. */
static void *realloc_mapped(struct block_meta *block, size_t n)
{
	size_t peak = heap->peak_live_bytes;
	void *q = NULL;

	if (n <= OSM_REQUEST_MAX && core_is_large(heap, n, heap->config.map_threshold))
		q = osm_map_resize(heap, block, n);
	if (q)
		return q;
	q = moved(block + 1, block->size, n);
	if (q)
		osm_map_free(heap, block);
	core_count_moved(heap, peak);
	return q;
}

void *central_realloc(const char *call, void *p, size_t n)
{
	struct core_call core = {call, false};
	struct block_meta *mapped;
	bool is_stranger = false;
	void *q = NULL;

	if (!enter())
		return refuse();
	core_enter(heap);
	if (heap->policy->owns(heap->state, p))
		q = realloc_placed(p, n);
	else if ((mapped = osm_map_find(heap, p)) != NULL)
		q = realloc_mapped(mapped, n);
	else
		is_stranger = true;
	if (is_stranger)
		core_stranger(heap, core, p);
	core_leave(heap, core);
	leave(call);
	return q || is_stranger ? q : refuse();
}

void central_free(const char *call, void *p)
{
	if (enter()) {
		core_free(heap, heap->policy, (struct core_call){call, false}, p);
		leave(call);
	} else {
		struct waiting *block = p;

		block->next = atomic_load_explicit(&waiting, memory_order_relaxed);
		/* release: whoever takes the list sees its links */
		while (!atomic_compare_exchange_weak_explicit(&waiting, &block->next, block, memory_order_release,
		                                              memory_order_relaxed))
			;
	}
}

size_t central_usable_size(const char *call, const void *p)
{
	struct core_call core = {call, false};
	const struct block_meta *mapped;
	size_t size = 0;

	if (!enter())
		return 0;
	core_enter(heap);
	if (heap->policy->owns(heap->state, p))
		size = heap->policy->usable_size(heap->state, p);
	else if ((mapped = osm_map_find(heap, p)) != NULL)
		size = mapped->size;
	else
		core_stranger(heap, core, p);
	core_leave(heap, core);
	leave(call);
	return size;
}

void central_stats(struct osm_stats *stats)
{
	*stats = (struct osm_stats){0};
	if (enter()) {
		osm_heap_stats(heap, stats);
		leave("malloc_stats");
	}
}

bool central_trim(void)
{
	bool any = false;

	if (enter()) {
		core_enter(heap);
		any = keep_release();
		core_leave(heap, (struct core_call){"malloc_trim", false});
		leave("malloc_trim");
	}
	return any;
}

void central_lock(void)
{
	osm_lock(&heap->lock);
}

void central_unlock(void)
{
	osm_unlock(&heap->lock);
}
