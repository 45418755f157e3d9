/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heaps that all threads share: one for blocks below LARGE_FROM, one for larger ones. A small block that came to
 * lie in the hole of a large one would keep the hole from ever serving a large one again. A backend on which two heaps
 * would get into each other's way, as on the break, has one heap for all.
 *
 * A signal handler that runs while its own thread is in a heap must not wait for the lock that this thread holds. By
 * POSIX it must not allocate at all; one that does nevertheless gets no memory (NULL, ENOMEM), and what it frees waits
 * on a list until the next call. So nobody ever waits for himself, and other threads wait only for a call to end.
 * Modelled in tests/models/locks.pml and waiting.pml.
 */
#include "framework/dropin/central.h"

#include <osmem/print.h>
#include <stdatomic.h>

#include "framework/dropin/central_heaps.h"
#include "framework/dropin/central_place.h"
#include "framework/dropin/fence.h"
#include "framework/dropin/front.h"
#include "framework/dropin/keep.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/recorder.h"
#include "framework/dropin/spill.h"
#include "framework/heap_core.h"

/*
 * Large blocks are placed by the policy too, up to MAP_FROM, where they have a heap of their own: they grow where they
 * lie, serve again without a system call, and keep their pages. Above, a mapping of its own goes back sooner than a
 * hole would. A zeroed block has a mapping much earlier, since pages that nobody touches cost nothing there.
 */
#define LARGE_FROM ((size_t)128 << 10)
#define MAP_FROM ((size_t)4 << 20)

/* A block that was freed from a signal handler and waits: its first word links it. */
struct waiting {
	struct waiting *next;
};

static struct osm_heap *small, *large; /* perhaps the same one */
static unsigned check_after;           /* calls between two checks; 0: none */
static unsigned calls;                 /* since the last check; its exactness does not matter */
static enum dropin_on_error on_error;
static _Atomic(struct waiting *) waiting;
static _Thread_local bool inside; /* this thread is in the heap */

/* In one line: what, where, the bounds of the block, and where it was allocated, if that is recorded. */
static void tell(const char *call, const struct osm_fault *fault, const void *block, size_t size)
{
	struct history history = recorder_history(block ? block : fault->where);
	char bounds[64] = "", operation[64] = "";

	if (block)
		osm_snprintf(bounds, sizeof bounds, "; the block is %p, %zu bytes", block, size);
	if (history.operation)
		osm_snprintf(operation, sizeof operation, "; allocated by operation %llu of the trace%s",
		             (unsigned long long)history.operation, history.site_length ? " at " : "");
	osm_dprintf(2, "osmem: %s: %s at %p: %s%s%s%.*s\n", call, osm_fault_name(fault->kind), fault->where, fault->detail,
	            bounds, operation, (int)history.site_length, history.site ? history.site : "");
	history_end(&history);
}

void central_report_block(const char *call, const struct osm_fault *fault, const void *block, size_t size)
{
	bool was_inside = inside;

	inside = false; /* a handler of SIGABRT may allocate */
	if (on_error != DROPIN_IGNORE)
		tell(call, fault, block, size);
	if (on_error == DROPIN_ABORT)
		osm_port_abort();
	inside = was_inside;
}

void central_report(const char *call, const struct osm_fault *fault)
{
	central_report_block(call, fault, NULL, 0);
}

/* Told by the heap, which has let its lock go. */
static void report(struct osm_heap *reporter, const char *call, const struct osm_fault *fault)
{
	(void)reporter;
	central_report(call, fault);
}

bool central_begin(const struct dropin_options *options)
{
	struct osm_backend *lasting = spill_over(options->backend);
	struct osm_backend *keeping = HARDENING == 2 ? fence_over(lasting) : keep_over(lasting);
	bool is_split = keeping != options->backend && (keeping->promises & OSM_PROMISE_CONTIGUOUS);
	struct osm_config config = {.map_threshold = is_split ? MAP_FROM : LARGE_FROM,
	                            .calloc_threshold = LARGE_FROM,
	                            .growth = OSM_GROWTH_GEOMETRIC,
	                            .realloc = OSM_REALLOC_IN_PLACE};

	check_after = options->check;
	on_error = options->on_error;
	osm_set_error_handler(report);
	if (!large)
		large = osm_heap_create(options->policy, keeping, &config);
	config.map_threshold = config.calloc_threshold = SIZE_MAX;
	if (!small)
		small = is_split ? osm_heap_create(options->policy, options->backend, &config) : large;
	if (!small || !large)
		return false;
	small->annotation.off = large->annotation.off = true; /* a block has a seal behind what was asked for */
	return true;
}

struct osm_heap *central_heap(enum central_which which)
{
	return which == CENTRAL_SMALL ? small : large;
}

/* The heap for a block of n bytes. */
static struct osm_heap *heap_for(size_t n)
{
	return n < LARGE_FROM ? small : large;
}

static void free_found(const char *call, void *p)
{
	int kept = osm_port_errno();
	struct place at;

	if (place_find(call, p, &at)) {
		if (at.mapped)
			osm_map_free(at.heap, at.mapped);
		else
			core_release(at.heap, at.heap->policy, p);
		core_leave(at.heap, (struct core_call){call, false});
	}
	osm_port_set_errno(kept);
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

		free_found("free", block);
		block = next;
	}
}

static void check_all(const char *call)
{
	struct osm_fault fault;

	if (!osm_heap_check(small, &fault) || (large != small && !osm_heap_check(large, &fault)))
		report(small, call, &fault);
}

void central_leave(const char *call)
{
	if (check_after && ++calls >= check_after) {
		calls = 0;
		check_all(call);
	}
	inside = false;
	front_look();
}

bool central_is_entered(void)
{
	return inside;
}

bool central_enter(void)
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

/* The heap's lock held. So many bytes with a mapping of their own; NULL: the system has no room for one. */
static char *obtain_mapped(struct osm_heap *heap, size_t bytes, bool *is_zero)
{
	char *p;

	keep_allow();
	p = osm_map_block(heap, bytes);
	*is_zero = (HARDENING == 2 || keep_forbid()) && (heap->backend->promises & OSM_PROMISE_MAP_ZEROED);
	return p;
}

static struct block_meta *meta_of(void *mapped)
{
	return (struct block_meta *)mapped - 1;
}

/* The heap's lock held. n bytes, sealed; *is_zero: they are known to be zero. NULL: memory ran out. */
static void *obtain(struct osm_heap *heap, size_t n, size_t align, size_t threshold, bool *is_zero)
{
	struct place at = {.heap = heap};
	size_t bytes = with_seal(n);
	char *p = NULL;

	if (align <= sizeof(struct block_meta) && bytes <= OSM_REQUEST_MAX && core_is_large(heap, bytes, threshold))
		p = obtain_mapped(heap, bytes, is_zero);
	if (p) {
		at.mapped = meta_of(p);
	} else {
		/* The heap may have free memory even if no mapping can be had. */
		*is_zero = false;
		p = core_obtain(heap, heap->policy, bytes, align, SIZE_MAX);
	}
	if (p)
		place_seal(&at, p, n);
	return p;
}

/* What the process holds and does not use goes back to the system; false: there was nothing. */
static bool reclaim(const char *call)
{
	bool any = pool_release();

	core_enter(large);
	any = keep_release() || any;
	any = fence_release() || any;
	core_leave(large, (struct core_call){call, false});
	any = osm_heap_trim(small, 0) != 0 || any;
	return (large != small && osm_heap_trim(large, 0) != 0) || any;
}

/* n bytes from a heap, in one call. */
static void *obtain_from(struct osm_heap *heap, const char *call, size_t n, size_t align, bool zeroed, bool *is_zero)
{
	void *p;

	core_enter(heap);
	p = obtain(heap, n, align, zeroed ? heap->config.calloc_threshold : heap->config.map_threshold, is_zero);
	core_leave(heap, (struct core_call){call, false});
	return p;
}

/* Memory that the system refuses may be there in another part of the process: give that back and ask once more. A small
 * block may then lie in the heap of the large ones, whose older regions never go back. */
static void *obtain_anyhow(const char *call, size_t n, size_t align, bool zeroed, bool *is_zero)
{
	struct osm_heap *heap = heap_for(n);
	void *p = obtain_from(heap, call, n, align, zeroed, is_zero);

	if (p || n > OSM_REQUEST_MAX)
		return p;
	if (reclaim(call))
		p = obtain_from(heap, call, n, align, zeroed, is_zero);
	if (!p && heap != large)
		p = obtain_from(large, call, n, align, zeroed, is_zero);
	return p;
}

void *central_alloc(const char *call, size_t align, size_t n)
{
	bool is_zero;
	void *p;

	if (!central_enter())
		return refuse();
	p = obtain_anyhow(call, n, align, false, &is_zero);
	central_leave(call);
	return p ? p : refuse();
}

void *central_calloc(const char *call, size_t n)
{
	bool is_zero;
	void *p;

	if (!central_enter())
		return refuse();
	p = obtain_anyhow(call, n, 1, true, &is_zero);
	central_leave(call);
	if (!p)
		return refuse();
	return is_zero ? p : memset(p, 0, n);
}

/* The heap's lock held. Resize a block where it lies, or by the system, which may move it; NULL: that cannot be. */
static void *resize(struct place *at, void *p, size_t n)
{
	struct osm_heap *heap = at->heap;
	size_t bytes = with_seal(n), old = place_request(at, p);
	bool is_mapped_size = core_is_large(heap, bytes, heap->config.map_threshold), done;

	if (bytes > OSM_REQUEST_MAX || heap_for(n) != heap)
		return NULL;
	if (at->mapped) {
		void *moved = is_mapped_size ? osm_map_resize(heap, at->mapped, bytes) : NULL;

		if (moved) {
			at->mapped = meta_of(moved);
			place_seal(at, moved, n);
		}
		return moved;
	}
	done = !is_mapped_size && core_resize(heap, heap->policy, p, bytes);
	/* Even if it could not grow enough it may have grown. */
	place_seal(at, p, done ? n : old);
	return done ? p : NULL;
}

/* What grows by little is likely to grow again: so much room that it moves seldom. */
static size_t with_room(size_t old, size_t n)
{
	return n > old && n - old < old / 4 && n < PTRDIFF_MAX / 2 ? n + n / 8 : n;
}

void *central_realloc(const char *call, void *p, size_t n)
{
	struct place at;
	size_t old;
	void *q;

	if (!central_enter())
		return refuse();
	if (!place_find(call, p, &at)) {
		central_leave(call);
		return NULL;
	}
	old = place_request(&at, p);
	q = resize(&at, p, n);
	core_leave(at.heap, (struct core_call){call, false});
	central_leave(call);
	if (q)
		return q;
	/* The block is still the caller's, so nobody else touches it while no lock is held. */
	q = central_alloc(call, 1, with_room(old, n));
	if (!q)
		return n <= old ? p : NULL;
	memcpy(q, p, old < n ? old : n);
	central_free(call, p);
	return q;
}

/* Has the block room for n bytes, half of which they use? Then it stays as it is. */
static bool fits(const struct place *at, const void *p, size_t n)
{
	size_t size = place_bytes(at, p);

	return with_seal(n) <= size && with_seal(n) >= size / 2;
}

bool central_resize(const char *call, void *p, size_t n, size_t *old)
{
	struct place at;
	bool done = false;

	*old = SIZE_MAX;
	if (!central_enter())
		return false;
	if (place_find(call, p, &at)) {
		*old = place_request(&at, p);
		done = fits(&at, p, n);
		if (done)
			place_seal(&at, p, n);
		else if (!at.mapped || !at.heap->backend->remap) /* a mapping may move when it is resized */
			done = resize(&at, p, n) != NULL;
		core_leave(at.heap, (struct core_call){call, false});
	}
	central_leave(call);
	return done;
}

size_t central_retain(const char *call, void *p)
{
	struct place at;
	size_t size = 0;

	if (!central_enter())
		return 0;
	if (place_find(call, p, &at)) {
		size = place_bytes(&at, p);
		seal_write(p, size, seal_read(p, size) ^ SEAL_WAITS);
		core_leave(at.heap, (struct core_call){call, false});
	}
	central_leave(call);
	return size;
}

void central_free(const char *call, void *p)
{
	if (central_enter()) {
		free_found(call, p);
		central_leave(call);
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
	struct place at;
	size_t size = 0;

	if (!central_enter())
		return 0;
	if (place_find(call, p, &at)) {
		size = place_request(&at, p);
		core_leave(at.heap, (struct core_call){call, false});
	}
	central_leave(call);
	return size;
}
