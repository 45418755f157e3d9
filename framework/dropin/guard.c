/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is looked at in a live block, and the queue of freed ones.
 */
#include "framework/dropin/guard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "framework/dropin/central.h"
#include "framework/dropin/front.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/process.h"
#include "framework/dropin/seal.h"
#include "framework/port.h"

enum {
	CLEARED_ALL = 32768, /* a freed block of up to so many bytes is cleared as a whole, of a larger one ... */
	CLEARED_END = 4096,  /* ... this many at both ends */
	ROOM_MAX = 32768,    /* bytes more than asked for: fewer than SLACK_MAX, or the program could use them */
	WAITING = 1024,      /* blocks in a queue; a power of two */
	FREED_MARGIN = sizeof(struct link)
};

/* ---- Looking */

static void tell(const char *call, enum osm_fault_kind kind, const char *p, size_t size, const char *detail)
{
	struct osm_fault fault = {kind, p, detail};

	central_report_block(call, &fault, p, size);
}

static inline bool is_zero(const char *p, size_t n)
{
	uint64_t any = 0;

	for (; n >= 8; p += 8, n -= 8)
		any |= word_at(p);
	for (; n > 0; n--)
		any |= (unsigned char)*p++;
	return any == 0;
}

/* Could the last word of the block before p in its slab be a seal? */
static inline bool before_is_whole(const char *p, size_t size)
{
	uint64_t seal = seal_read(p - size, size), error = seal_error(seal, p - size);

	return error == 0 || error == SEAL_WAITS || seal == 0;
}

/* What is wrong with a block, which is live as far as serve.h knows? */
__attribute__((cold, noinline)) static void tell_broken(const char *call, const char *p, size_t size)
{
	uint64_t seal = seal_read(p, size), error = seal_error(seal, p);
	size_t room = size - SEAL_WORD, slack = (size_t)(seal >> 48), n = slack < room ? room - slack : 0;

	if (error == SEAL_WAITS)
		tell(call, OSM_FAULT_DOUBLE_FREE, p, n, "the block is free already");
	else if (error != 0)
		tell(call, OSM_FAULT_DAMAGED, p, size, "something was written behind its end");
	else if (!canary_is_whole(p, size, slack))
		tell(call, OSM_FAULT_DAMAGED, p, n, "something was written directly behind its end");
	else
		tell(call, OSM_FAULT_DAMAGED, p, n, "something was written before its start, or behind the block before it");
}

/* Is p a live block whose surroundings are whole? Told if not. */
static inline bool look(const char *call, const char *p, size_t *size, size_t *slack)
{
	bool in_slab = slab_holds(p);
	uint64_t seal;

	*size = in_slab && slab_has_live(slab_of(p), p) ? slab_of(p)->size : serve_usable_size(call, p);
	if (*size < SEAL_WORD)
		return false;
	seal = seal_read(p, *size);
	*slack = seal >> 48;
	if (seal_error(seal, p) == 0 && canary_is_whole(p, *size, *slack) && (!in_slab || before_is_whole(p, *size)))
		return true;
	tell_broken(call, p, *size);
	return false;
}

/* ---- Freed blocks */

/* Sixteen bytes at a time, which all sizes of slabs' blocks are multiples of, and all blocks are aligned to. */
typedef uint64_t pair __attribute__((vector_size(16), may_alias));

/* Clear a slab's block but for its seal. */
static inline void clear_in_slab(char *p, size_t size)
{
	char *last = p + size - sizeof(pair);

	for (; p < last; p += sizeof(pair))
		*(pair *)(void *)p = (pair){0, 0};
	word_put(last, 0);
}

/* The words that link a free block are not looked at, nor is the seal. */
static inline bool is_zero_in_slab(const char *p, size_t size)
{
	const char *last = p + size - sizeof(pair);
	pair any = {0, 0};

	for (p += FREED_MARGIN; p < last; p += sizeof(pair))
		any |= *(const pair *)(const void *)p;
	return (any[0] | any[1] | word_at(last)) == 0;
}

/* Of a block of the heap what is looked at later. */
static void clear_in_heap(char *p, size_t size)
{
	if (size <= CLEARED_ALL) {
		memset(p, 0, size - SEAL_WORD);
		return;
	}
	memset(p, 0, CLEARED_END);
	memset(p + size - SEAL_WORD - CLEARED_END, 0, CLEARED_END);
}

static bool is_zero_in_heap(const char *p, size_t size)
{
	if (size <= CLEARED_ALL)
		return is_zero(p, size - SEAL_WORD);
	return is_zero(p, CLEARED_END) && is_zero(p + size - SEAL_WORD - CLEARED_END, CLEARED_END);
}

__attribute__((cold, noinline)) static void tell_written(const char *call, const char *p, size_t size)
{
	tell(call, OSM_FAULT_DAMAGED, p, size, "the block was written to after it was freed");
}

/* Free a block for good, if nobody wrote to it while it waited; else nobody gets it again. */
static inline void let_go_in_slab(char *p, struct slab *slab)
{
	if (__builtin_expect((word_at(p) | word_at(p + 8)) != 0 || !is_zero_in_slab(p, slab->size), 0))
		tell_written("free", p, slab->size);
	else if (!front_push(p))
		front_free_foreign(slab, p);
}

static void let_go_in_heap(char *p, size_t size)
{
	if (!is_zero_in_heap(p, size) || seal_error(seal_read(p, size), p) != SEAL_WAITS)
		tell_written("free", p, size);
	else
		serve_free("free", p);
}

/* A thread's freed blocks: those from `first` up to before `end`, the oldest first. */
struct queue {
	ptrdiff_t room; /* bytes that may be added */
	unsigned first, end;
	struct waiting {
		char *p;
		size_t size;
	} blocks[WAITING];
};

/* A thread that has ended has none any more. */
static _Thread_local struct {
	struct queue *queue;
	bool busy; /* a signal handler of this thread must not touch it */
	bool ended;
} own;

static size_t waiting_bytes; /* 0: nothing waits */
static pthread_key_t key;

static inline void let_oldest_go(struct queue *queue)
{
	struct waiting oldest = queue->blocks[queue->first];

	queue->first = (queue->first + 1) % WAITING;
	queue->room += (ptrdiff_t)oldest.size;
	if (slab_holds(oldest.p))
		let_go_in_slab(oldest.p, slab_of(oldest.p));
	else
		let_go_in_heap(oldest.p, oldest.size);
}

__attribute__((noinline)) static struct queue *begin_queue(void)
{
	int kept = osm_port_errno();
	struct queue *queue = own.ended || waiting_bytes == 0 ? NULL : central_calloc("free", sizeof *queue);

	if (queue) {
		queue->room = (ptrdiff_t)waiting_bytes;
		pthread_setspecific(key, queue);
	}
	own.queue = queue;
	osm_port_set_errno(kept);
	return queue;
}

/* Around all that changes the queue. The fences are for handlers on this thread. */
static inline void busy_begin(void)
{
	own.busy = true;
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void busy_end(void)
{
	atomic_signal_fence(memory_order_seq_cst);
	own.busy = false;
}

/* False: the block cannot wait. */
static inline bool enqueue(char *p, size_t size)
{
	struct queue *queue = own.queue;

	if (__builtin_expect(own.busy, 0))
		return false;
	busy_begin();
	if (__builtin_expect(!queue, 0))
		queue = begin_queue();
	if (queue) {
		queue->blocks[queue->end] = (struct waiting){p, size};
		queue->end = (queue->end + 1) % WAITING;
		queue->room -= (ptrdiff_t)size;
		while (queue->room < 0 || queue->end == queue->first)
			let_oldest_go(queue);
	}
	busy_end();
	return queue;
}

void guard_flush(void)
{
	struct queue *queue = own.queue;

	if (!queue || own.busy)
		return;
	busy_begin();
	while (queue->first != queue->end)
		let_oldest_go(queue);
	busy_end();
}

static void end_thread(void *queue)
{
	guard_flush();
	own.ended = true;
	own.queue = NULL;
	central_free("free", queue);
}

/* ---- Calls */

/* A block of the slabs that is to serve again must be as it was left; a new one is zero too. */
static inline void *seal_in_slab(const char *call, char *p, size_t n)
{
	size_t size = slab_of(p)->size;
	uint64_t seal = seal_read(p, size);

	if (__builtin_expect(!is_zero_in_slab(p, size) || (seal_error(seal, p) != SEAL_WAITS && seal != 0), 0))
		tell_written(call, p, size);
	return seal_live(p, size, n);
}

static void *seal_new(const char *call, char *p, size_t n)
{
	if (!p)
		return NULL;
	return slab_holds(p) ? seal_in_slab(call, p, n) : seal_live(p, serve_usable_size(call, p), n);
}

/* What is asked of serve.h for n bytes: so much that the seal is none of the words that link a free block. What is too
 * much stays so. */
static inline size_t with_seal(size_t n)
{
	if (n < FREED_MARGIN)
		n = FREED_MARGIN;
	return n <= SIZE_MAX - SEAL_WORD ? n + SEAL_WORD : n;
}

void *guard_alloc_sealed(const char *call, size_t align, size_t n)
{
	char *p = align == 1 ? front_pop(with_seal(n)) : NULL;

	return p ? seal_in_slab(call, p, n) : seal_new(call, serve_alloc(call, align, with_seal(n)), n);
}

void *guard_calloc_sealed(const char *call, size_t n)
{
	char *p;

	if (n > CLASS_MAX - SEAL_WORD)
		return seal_new(call, serve_calloc(call, 1, with_seal(n)), n);
	p = guard_alloc_sealed(call, 1, n);
	return p ? memset(p, 0, n) : NULL;
}

static void free_in_heap(const char *call, char *p)
{
	size_t size, slack;

	if (!look(call, p, &size, &slack))
		return;
	seal_write(p, size, seal_of(p, slack) ^ SEAL_WAITS);
	clear_in_heap(p, size);
	/* One that is too large has a mapping of its own, or would push out all others. */
	if (size > waiting_bytes / 2 || !enqueue(p, size))
		let_go_in_heap(p, size);
}

void guard_free_sealed(const char *call, void *p)
{
	struct slab *slab;
	uint64_t seal;
	size_t size;

	if (!p)
		return;
	if (__builtin_expect(!slab_holds(p), 0)) {
		free_in_heap(call, p);
		return;
	}
	slab = slab_of(p);
	if (__builtin_expect(!slab_has_live(slab, p), 0)) {
		front_refuse(call, p);
		return;
	}
	size = slab->size;
	seal = seal_read(p, size);
	if (__builtin_expect(seal_error(seal, p) != 0 || !canary_is_whole(p, size, seal >> 48) || !before_is_whole(p, size),
	                     0)) {
		tell_broken(call, p, size);
		return;
	}
	seal_write(p, size, seal ^ SEAL_WAITS);
	clear_in_slab(p, size);
	if (!enqueue(p, size))
		let_go_in_slab(p, slab);
}

/* What grows by little is likely to grow again. */
static size_t with_room(size_t old, size_t n)
{
	return n > old && n - old < old / 4 ? n + (n / 8 < ROOM_MAX ? n / 8 : ROOM_MAX) : n;
}

static void *move(const char *call, void *p, size_t old, size_t n)
{
	void *q = seal_new(call, serve_alloc(call, 1, with_seal(with_room(old, n))), n);

	if (!q)
		return n <= old ? p : NULL;
	memcpy(q, p, old < n ? old : n);
	guard_free_sealed(call, p);
	return q;
}

void *guard_realloc_sealed(const char *call, void *p, size_t n)
{
	size_t size, slack, old;
	bool fits;

	if (!look(call, p, &size, &slack))
		return NULL;
	old = size - SEAL_WORD - slack;
	if (n > PTRDIFF_MAX) {
		osm_port_set_errno(OSM_ENOMEM);
		return NULL;
	}
	fits = with_seal(n) <= size && with_seal(n) >= size / 2;
	if (!slab_holds(p) && !fits) {
		fits = central_resize(call, p, with_seal(n));
		size = serve_usable_size(call, p); /* even if it could not grow enough it may have grown */
	}
	seal_live(p, size, fits ? n : old);
	return fits ? p : move(call, p, old, n);
}

size_t guard_usable_size_sealed(const char *call, const void *p)
{
	size_t size, slack;

	return p && look(call, p, &size, &slack) ? size - SEAL_WORD - slack : 0;
}

/* ---- The whole */

static void check_slab(const struct slab *slab, void *call)
{
	const char *p = slab_memory(slab) + slab->size;

	for (uint32_t i = 0; i < slab->carved; i++, p += slab->size)
		if (!before_is_whole(p + slab->size, slab->size)) {
			tell(call, OSM_FAULT_DAMAGED, p, slab->size, "something was written behind its end");
			return;
		}
}

void guard_check(const char *call)
{
	pool_visit(check_slab, (void *)(uintptr_t)call);
}

void guard_begin(size_t bytes)
{
	/* Any block of a slab may wait. */
	if (bytes >= 2 * CLASS_MAX && pthread_key_create(&key, end_thread) == 0)
		waiting_bytes = bytes;
}
