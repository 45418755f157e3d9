/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seals, canaries, and the queue of freed blocks.
 *
 *     bits of a seal   63 .. 48  47 ....... 8  7 .. 0
 *                      slack     hash          canary
 *
 * The canary is the seal's first byte in memory, so that a stray byte behind a block that fills its room is found too,
 * whatever the hash is. The slack is how many bytes lie between the request and the seal; of more than 65535 the program may use the rest.
 *
 * Other threads may look at a seal while it changes: a seal is written in one store, and every value that it takes is a
 * good one: 0 (the block is free), live, waiting.
 */
#include "framework/dropin/guard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "framework/dropin/central.h"
#include "framework/dropin/front.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/process.h"
#include "framework/port.h"

enum {
	CANARY = 0xB7,       /* rare in text and in small numbers */
	CANARIES = 32,       /* of a larger slack about so many bytes are written and looked at */
	SLACK_MAX = 0xFFFF,  /* as the seal tells it */
	CLEARED_ALL = 32768, /* a freed block of up to so many bytes is cleared as a whole, of a larger one ... */
	CLEARED_END = 4096,  /* ... this many at both ends */
	WAITING = 1024,      /* blocks in a queue; a power of two */
	FREED_MARGIN = sizeof(struct link)
};

/* What tells a block that waits from a live one: all bits of the hash. */
#define SEAL_WAITS ((uint64_t)0xFFFFFFFFFF00)

/* ---- Seals */

/* The seal of a live block of `size` bytes, with so many that the program did not ask for. */
static inline uint64_t seal_of(const char *p, size_t size, uint64_t slack)
{
	uint64_t hash = (hardening_secret ^ (uintptr_t)p ^ slack << 48 ^ (uint64_t)size << 28) * 0x9E3779B97F4A7C15U;

	return slack << 48 | (hash >> 16 & SEAL_WAITS) | CANARY;
}

/* The family is compiled without the compiler's knowledge of the C library, which would make a call of each. */
static inline uint64_t word_at(const char *p)
{
	uint64_t word;

	__builtin_memcpy(&word, p, sizeof word);
	return word;
}

static inline void word_put(char *p, uint64_t word)
{
	__builtin_memcpy(p, &word, sizeof word);
}

/* Some layouts align blocks to less than the seal wants for a store of its own; slabs do not. */
static inline void seal_write(char *p, size_t size, uint64_t seal)
{
	char *at = p + size - SEAL_WORD;

	if (slab_holds(p))
		atomic_store_explicit((_Atomic uint64_t *)(void *)at, seal, memory_order_relaxed);
	else
		word_put(at, seal);
}

static inline uint64_t seal_read(const char *p, size_t size)
{
	const char *at = p + size - SEAL_WORD;

	if (slab_holds(p))
		return atomic_load_explicit((const _Atomic uint64_t *)(const void *)at, memory_order_relaxed);
	return word_at(at);
}

#define CANARY_WORD ((uint64_t)0x0101010101010101 * CANARY)

/* Where the bytes end that are written and looked at, of those from n up to the seal: some words, the first of which may
 * hold bytes of the program's too. */
static inline size_t canaries_end(size_t n, size_t seal)
{
	return seal - n <= CANARIES ? seal : seal - (seal - n - CANARIES) / 8 * 8;
}

static inline void canaries_write(char *p, size_t n, size_t seal)
{
	size_t at = canaries_end(n, seal);

	for (; at - n >= 8; at -= 8)
		word_put(p + at - 8, CANARY_WORD);
	for (; at > n; at--)
		p[at - 1] = (char)CANARY;
}

static inline bool canaries_are_whole(const char *p, size_t n, size_t seal)
{
	size_t at = canaries_end(n, seal);
	uint64_t wrong = 0;

	for (; at - n >= 8; at -= 8)
		wrong |= word_at(p + at - 8) ^ CANARY_WORD;
	/* Of the lowest word only the upper bytes; it reaches into the payload, which is longer. */
	if (at > n && at >= 8)
		wrong |= (word_at(p + at - 8) ^ CANARY_WORD) >> 8 * (8 - (at - n));
	else
		for (; at > n; at--)
			wrong |= (uint64_t)(unsigned char)p[at - 1] ^ CANARY;
	return wrong == 0;
}

/* A live block of `size` bytes is the program's up to n. */
static inline void *seal_live(char *p, size_t size, size_t n)
{
	size_t slack = size - SEAL_WORD - n;

	slack = slack < SLACK_MAX ? slack : SLACK_MAX;
	canaries_write(p, size - SEAL_WORD - slack, size - SEAL_WORD);
	seal_write(p, size, seal_of(p, size, slack));
	return p;
}

/* The bytes that the program may use, by what a seal says. */
static inline size_t room_of(uint64_t seal, size_t size)
{
	size_t slack = (size_t)(seal >> 48);

	return size - SEAL_WORD - (slack < size - SEAL_WORD ? slack : size - SEAL_WORD);
}

/* ---- Looking */

static void tell(const char *call, enum osm_fault_kind kind, const char *p, size_t size, const char *detail)
{
	struct osm_fault fault = {kind, p, detail};

	central_report_block(call, &fault, p, size);
}

/* p and n are multiples of 4, as all blocks and their sizes are. */
static inline bool is_zero(const char *p, size_t n)
{
	uint64_t any = 0;

	for (; n >= 16; p += 16, n -= 16)
		any |= word_at(p) | word_at(p + 8);
	for (; n > 0; n--)
		any |= (unsigned char)*p++;
	return any == 0;
}

/* Could the last word of the block before p in its slab be a seal? */
static inline bool before_is_whole(const struct slab *slab, const char *p)
{
	const char *before = p - slab->size;
	uint64_t seal = seal_read(before, slab->size), broken;

	if (seal == 0)
		return true;
	broken = seal ^ seal_of(before, slab->size, seal >> 48);
	return broken == 0 || broken == SEAL_WAITS;
}

static void tell_broken(const char *call, const char *p, size_t size, uint64_t seal)
{
	size_t n = room_of(seal, size);

	if ((seal ^ seal_of(p, size, seal >> 48)) == SEAL_WAITS)
		tell(call, OSM_FAULT_DOUBLE_FREE, p, n, "the block is free already");
	else
		tell(call, OSM_FAULT_DAMAGED, p, size, "something was written behind its end");
}

/* Is p a live block whose surroundings are whole? Told if not. *n: the bytes that the program asked for. */
static inline bool look(const char *call, const char *p, size_t *size, size_t *n)
{
	const struct slab *slab = slab_holds(p) ? slab_of(p) : NULL;
	uint64_t seal;

	*size = slab && slab_has_live(slab, p) ? slab->size : serve_usable_size(call, p);
	if (*size < SEAL_WORD)
		return false;
	seal = seal_read(p, *size);
	*n = room_of(seal, *size);
	if (seal != seal_of(p, *size, seal >> 48))
		tell_broken(call, p, *size, seal);
	else if (!canaries_are_whole(p, *n, *size - SEAL_WORD))
		tell(call, OSM_FAULT_DAMAGED, p, *n, "something was written directly behind its end");
	else if (slab && !before_is_whole(slab, p))
		tell(call, OSM_FAULT_DAMAGED, p, *n, "something was written before its start, or behind the block before it");
	else
		return true;
	return false;
}

/* ---- Freed blocks */

/* Clear what is looked at later; the seal stands behind it. */
static inline void clear(char *p, size_t size)
{
	if (size <= CLEARED_ALL) {
		memset(p, 0, size - SEAL_WORD);
		return;
	}
	memset(p, 0, CLEARED_END);
	memset(p + size - SEAL_WORD - CLEARED_END, 0, CLEARED_END);
}

/* What of a freed block is looked at when it is really freed: of a slab's block what the slab will write to, as the rest
 * is looked at when it serves again. */
static inline bool is_clear(const char *p, size_t size)
{
	if (slab_holds(p))
		return is_zero(p, FREED_MARGIN);
	if (size <= CLEARED_ALL)
		return is_zero(p, size - SEAL_WORD);
	return is_zero(p, CLEARED_END) && is_zero(p + size - SEAL_WORD - CLEARED_END, CLEARED_END);
}

/* Free a block for good, if nobody wrote to it while it waited; else nobody gets it again. */
static inline void let_go(char *p, size_t size)
{
	uint64_t seal = seal_read(p, size);

	if (!is_clear(p, size) || (seal ^ seal_of(p, size, seal >> 48)) != SEAL_WAITS) {
		tell("free", OSM_FAULT_DAMAGED, p, size, "the block was written to after it was freed");
		return;
	}
	seal_write(p, size, 0);
	serve_free("free", p);
}

/* A thread's freed blocks, the oldest first. */
struct queue {
	unsigned first, count;
	size_t bytes;
	struct {
		char *p;
		size_t size;
	} blocks[WAITING];
};

/* A thread that has ended has none any more. */
static _Thread_local struct {
	struct queue *queue;
	volatile bool busy; /* a signal handler of this thread must not touch it */
	bool ended;
} own;

static size_t waiting_bytes;
static pthread_key_t key;

static inline void let_oldest_go(struct queue *queue)
{
	unsigned i = queue->first;

	queue->first = (i + 1) % WAITING;
	queue->count--;
	queue->bytes -= queue->blocks[i].size;
	let_go(queue->blocks[i].p, queue->blocks[i].size);
}

static struct queue *begin_queue(void)
{
	struct queue *queue = own.ended ? NULL : central_calloc("free", sizeof *queue);

	if (queue)
		pthread_setspecific(key, queue);
	own.queue = queue;
	return queue;
}

/* A block that is too large to wait has a mapping of its own, or would push out all others. */
static inline void enqueue(char *p, size_t size)
{
	struct queue *queue = NULL;

	own.busy = true;
	atomic_signal_fence(memory_order_seq_cst);
	if (size <= waiting_bytes / 2)
		queue = own.queue ? own.queue : begin_queue();
	if (queue) {
		unsigned i;

		while (queue->count > 0 && (queue->count == WAITING || queue->bytes + size > waiting_bytes))
			let_oldest_go(queue);
		i = (queue->first + queue->count++) % WAITING;
		queue->blocks[i].p = p;
		queue->blocks[i].size = size;
		queue->bytes += size;
	}
	atomic_signal_fence(memory_order_seq_cst);
	own.busy = false;
	if (!queue)
		let_go(p, size);
}

void guard_flush(void)
{
	struct queue *queue = own.queue;

	if (!queue || own.busy)
		return;
	own.busy = true;
	while (queue->count > 0)
		let_oldest_go(queue);
	own.busy = false;
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
static inline void *seal_slab(const char *call, char *p, size_t n)
{
	size_t size = slab_of(p)->size;

	if (!is_zero(p + FREED_MARGIN, size - FREED_MARGIN))
		tell(call, OSM_FAULT_DAMAGED, p, size, "a free block was written to");
	return seal_live(p, size, n);
}

static void *seal_new(const char *call, char *p, size_t n)
{
	if (!p)
		return NULL;
	return slab_holds(p) ? seal_slab(call, p, n) : seal_live(p, serve_usable_size(call, p), n);
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

	return p ? seal_slab(call, p, n) : seal_new(call, serve_alloc(call, align, with_seal(n)), n);
}

void *guard_calloc_sealed(const char *call, size_t n)
{
	char *p;

	if (n > CLASS_MAX - SEAL_WORD)
		return seal_new(call, serve_calloc(call, with_seal(n)), n);
	p = guard_alloc_sealed(call, 1, n);
	return p ? memset(p, 0, n) : NULL;
}

void guard_free_sealed(const char *call, void *p)
{
	int kept = osm_port_errno();
	size_t size, n;

	if (p && process_started() && look(call, p, &size, &n)) {
		seal_write(p, size, seal_read(p, size) ^ SEAL_WAITS);
		clear(p, size);
		if (own.busy)
			let_go(p, size);
		else
			enqueue(p, size);
	}
	osm_port_set_errno(kept);
}

/* What grows by little is likely to grow again. */
static size_t with_room(size_t old, size_t n)
{
	return n > old && n - old < old / 4 && n < PTRDIFF_MAX / 2 ? n + n / 8 : n;
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
	size_t size, old;
	bool fits;

	if (!look(call, p, &size, &old))
		return NULL;
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
	size_t size, n;

	return p && look(call, p, &size, &n) ? n : 0;
}

/* ---- The whole */

static void check_slab(const struct slab *slab, void *call)
{
	const char *p = slab_memory(slab) + slab->size;

	for (uint32_t i = 0; i < slab->carved; i++, p += slab->size)
		if (!before_is_whole(slab, p + slab->size)) {
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
	waiting_bytes = pthread_key_create(&key, end_thread) == 0 ? bytes : 0;
}
