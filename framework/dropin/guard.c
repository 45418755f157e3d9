/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is looked at in a block when it is freed, resized or serves again.
 */
#include "framework/dropin/guard.h"

#include <string.h>

#include "framework/dropin/blank.h"
#include "framework/dropin/central.h"
#include "framework/dropin/front.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/process.h"
#include "framework/dropin/seal.h"
#include "framework/dropin/waiting.h"
#include "framework/port.h"

enum {
	ROOM_MAX = 32768, /* bytes more than asked for: fewer than SLACK_MAX, or the program could use them */
	LINK = 8,         /* bytes of a free block that link it */
	FETCHED = 256     /* bytes of a block that is to serve next which come into the cache */
};

/* ---- Looking */

static void tell(const char *call, enum osm_fault_kind kind, const char *p, size_t size, const char *detail)
{
	struct osm_fault fault = {kind, p, detail};

	central_report_block(call, &fault, p, size);
}

void guard_refuse_written(const char *call, const char *p, size_t size)
{
	tell(call, OSM_FAULT_DAMAGED, p, size, "the block was written to after it was freed");
}

void guard_refuse_broken(const char *call, const char *p, size_t size, size_t slack)
{
	bool is_whole = word_at(p + size - slack) == CANARY_WORD;

	if (is_whole && !last_is_whole(p))
		tell(call, OSM_FAULT_DAMAGED, p, size - slack,
		     "something was written before its start, or behind the block before it");
	else
		tell(call, OSM_FAULT_DAMAGED, p, size - slack,
		     is_whole ? "something was written behind its end" : "something was written directly behind its end");
}

/* The slack of a live block that starts at p; NULL: there is none, which is told. It is 0 where no block was ever out. */
static inline uint8_t *live_slack(const char *call, const struct slab *slab, const char *p)
{
	size_t place = slab_place(slab, p);

	if (__builtin_expect(place < SLAB_BLOCKS && *slab_slack(slab, place) != 0, 1))
		return slab_slack(slab, place);
	front_refuse(call, p);
	return NULL;
}

/* Is p a live block of a slab whose surroundings are whole? Told if not. `n`: what of it is the program's. */
static bool look(const char *call, const char *p, size_t *n)
{
	const struct slab *slab = slab_of(p);
	const uint8_t *shown = live_slack(call, slab, p);

	if (!shown)
		return false;
	*n = slab->size - *shown;
	if (slack_is_whole(p, slab->size, *shown))
		return true;
	guard_refuse_broken(call, p, slab->size, *shown);
	return false;
}

/* ---- Calls */

/* A block of a slab serves again, for n bytes, if nobody wrote to it after it was freed, but to a link at its start. NULL:
 * somebody did, which is told. */
__attribute__((always_inline)) static inline void *serve_again(const char *call, char *p, size_t size, size_t link,
                                                               size_t n)
{
	if (__builtin_expect(!slack_is_blank(p, size, link), 0)) {
		guard_refuse_written(call, p, size);
		return NULL;
	}
	if (link)
		word_put(p, 0);
	return slack_begin(slab_of(p), p, size, n);
}

/* A block from a list of slabs. The next one there comes into the cache meanwhile. */
__attribute__((always_inline)) static inline void *serve_listed(const char *call, char *p, size_t n)
{
	const struct slab *slab = slab_of(p);
	const char *next = (const char *)front_thread.lists[slab->class];

	if (next) {
		for (size_t at = 0; at < slab->size && at < FETCHED; at += 64)
			__builtin_prefetch(next + at, 1);
		__builtin_prefetch(next + slab->size - 8, 1);
	}
	return serve_again(call, p, slab->size, LINK, n);
}

/* A block of `asked` bytes for n of the program's, if none is at hand. */
__attribute__((noinline)) static void *alloc_anew(const char *call, size_t align, size_t asked, size_t n)
{
	size_t old;
	char *p, *q;

	if (!process_started()) {
		osm_port_set_errno(OSM_ENOMEM);
		return NULL;
	}
	do {
		p = serve_alloc(call, align, asked);
		if (!p || !slab_holds(p)) {
			if (p && asked != n)
				central_resize(call, p, n, &old);
			return p;
		}
		q = serve_listed(call, p, n);
	} while (!q);
	return q;
}

__attribute__((always_inline)) static inline void *alloc(const char *call, size_t align, size_t asked, size_t n)
{
	size_t size = 0;
	char *p = NULL;

	if (align == 1) {
		p = waiting_take(class_or_none(slab_room(asked)), &size);
		if (p)
			p = serve_again(call, p, size, 0, n);
		else if ((p = front_pop(slab_room(asked))) != NULL)
			p = serve_listed(call, p, n);
	}
	return p ? p : alloc_anew(call, align, asked, n);
}

void *guard_alloc_sealed(const char *call, size_t align, size_t n)
{
	return alloc(call, align, n, n);
}

void *guard_malloc_sealed(size_t n)
{
	return alloc("malloc", 1, n, n);
}

/* What slabs give is zero. */
void *guard_calloc_sealed(const char *call, size_t count, size_t each)
{
	size_t n = count * each;
	char *p;

	if (slab_room(n) > CLASS_MAX)
		return serve_calloc(call, count, each);
	p = guard_alloc_sealed(call, 1, n);
	return !p || slab_holds(p) ? p : memset(p, 0, n);
}

static void free_in_heap(const char *call, char *p)
{
	size_t size;

	/* Of a handler whose thread is in the heap: nobody can look at it until the next call, which frees it. */
	if (!p || central_is_entered()) {
		serve_free(call, p);
		return;
	}
	size = central_retain(call, p);
	if (size == 0)
		return;
	blank_write_ends(p, size - SEAL_WORD);
	waiting_add_from_heap(p, size);
}

void guard_free_sealed(const char *call, void *p)
{
	struct slab *slab;
	uint8_t *shown;
	size_t slack;

	if (__builtin_expect(!slab_holds(p), 0)) {
		free_in_heap(call, p);
		return;
	}
	slab = slab_of(p);
	shown = live_slack(call, slab, p);
	if (__builtin_expect(!shown, 0))
		return;
	slack = *shown;
	*shown = 0;
	blank_write(p, slab->size - slack);
	waiting_add(p, slab->size, slack);
}

/* What grows by little is likely to grow again. */
static size_t with_room(size_t old, size_t n)
{
	return n > old && n - old < old / 4 ? n + (n / 8 < ROOM_MAX ? n / 8 : ROOM_MAX) : n;
}

static void *move(const char *call, void *p, size_t old, size_t n)
{
	void *q = alloc(call, 1, with_room(old, n), n);

	if (!q)
		return n <= old ? p : NULL;
	memcpy(q, p, old < n ? old : n);
	guard_free_sealed(call, p);
	return q;
}

/* Like central_resize(), of a block of a slab. */
static bool resize_in_slab(const char *call, char *p, size_t n, size_t *old)
{
	size_t size = slab_of(p)->size;

	*old = SIZE_MAX;
	if (!look(call, p, old) || slab_room(n) > size || slab_room(n) < size / 2)
		return false;
	slack_begin(slab_of(p), p, size, n);
	return true;
}

void *guard_realloc_sealed(const char *call, void *p, size_t n)
{
	size_t old;

	/* Of a handler whose thread is in the heap: as for a block that is to be freed. */
	if (!slab_holds(p) && central_is_entered()) {
		osm_port_set_errno(OSM_ENOMEM);
		return NULL;
	}
	if (slab_holds(p) ? resize_in_slab(call, p, n, &old) : central_resize(call, p, n, &old))
		return p;
	return old != SIZE_MAX ? move(call, p, old, n) : NULL;
}

size_t guard_usable_size_sealed(const char *call, const void *p)
{
	size_t n = 0;

	if (!p || !slab_holds(p))
		return serve_usable_size(call, p);
	return look(call, p, &n) ? n : 0;
}

/* ---- The whole */

/* A free block is blank but for its link. */
void guard_check_slab(const struct slab *slab, void *call)
{
	size_t size = slab->size;

	for (size_t place = SLAB_LEAD; place < SLAB_LEAD + slab->carved; place++) {
		const char *p = slab_memory(slab) + place * size;
		size_t slack = *slab_slack(slab, place);

		if (slack != 0 && !slack_is_whole(p, size, slack))
			guard_refuse_broken(call, p, size, slack);
		if (slack == 0 && !slack_is_blank(p, size, LINK))
			guard_refuse_written(call, p, size);
	}
}

/* A block of the heap is live and whole, or waits as it was left. */
static bool is_sound(const struct osm_block *block, void *broken)
{
	const char *p = block->payload;
	size_t size = block->size;

	if (block->free || seal_is_whole(p, size) ||
	    (seal_error(seal_read(p, size), p) == SEAL_WAITS && blank_ends_are_whole(p, size - SEAL_WORD)))
		return true;
	*(struct osm_block *)broken = *block;
	return false;
}

void guard_check(const char *call)
{
	struct osm_block broken = {0};

	pool_visit(guard_check_slab, (void *)(uintptr_t)call);
	central_walk(is_sound, &broken);
	if (broken.payload)
		tell(call, OSM_FAULT_DAMAGED, broken.payload, broken.size,
		     "something was written behind its end, or to it after it was freed");
}
