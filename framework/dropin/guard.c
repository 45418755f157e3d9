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
	LEAST = 16        /* bytes that each block has before its seal: see blank.h */
};

/* ---- Looking */

/* Is the block before p in its slab live or free, as far as its seal tells? No branch, as either is as likely. */
static inline bool before_is_whole(const char *p, size_t size)
{
	uint64_t error = seal_error(seal_read(p - size, size, true), p - size);

	return (error == 0) | (error == SEAL_WAITS);
}

/* Is a block of the slabs as it was when it was freed? */
static inline bool is_left_alone(const char *p, size_t size)
{
	return blank_is_whole(p, size - SEAL_WORD) && seal_error(seal_read(p, size, true), p) == SEAL_WAITS;
}

static void tell(const char *call, enum osm_fault_kind kind, const char *p, size_t size, const char *detail)
{
	struct osm_fault fault = {kind, p, detail};

	central_report_block(call, &fault, p, size);
}

void guard_refuse_written(const char *call, const char *p, size_t size)
{
	tell(call, OSM_FAULT_DAMAGED, p, size, "the block was written to after it was freed");
}

/* What is wrong with a block, which is live as far as serve.h knows? */
__attribute__((cold, noinline)) static void tell_broken(const char *call, const char *p, size_t size)
{
	uint64_t seal = seal_read(p, size, slab_holds(p)), error = seal_error(seal, p);
	size_t room = size - SEAL_WORD, slack = seal_slack(seal, p), n = slack < room ? room - slack : 0;

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

	*size = in_slab && slab_has_start(slab_of(p), p) ? slab_of(p)->size : serve_usable_size(call, p);
	if (*size < SEAL_WORD)
		return false;
	seal = seal_read(p, *size, in_slab);
	*slack = seal_slack(seal, p);
	if (seal_error(seal, p) == 0 && canary_is_whole(p, *size, *slack) && (!in_slab || before_is_whole(p, *size)))
		return true;
	tell_broken(call, p, *size);
	return false;
}

/* ---- Calls */

/* What is asked of serve.h for n bytes. What is too much stays so. */
static inline size_t with_seal(size_t n)
{
	if (n < LEAST)
		n = LEAST;
	return n <= SIZE_MAX - SEAL_WORD ? n + SEAL_WORD : n;
}

/* A block of `asked` bytes for n of the program's, if no block that waited serves, or `damaged` would have. */
__attribute__((noinline)) static void *alloc_anew(const char *call, size_t align, size_t asked, size_t n,
                                                  const char *damaged)
{
	for (;;) {
		char *p;
		size_t size;

		if (damaged)
			guard_refuse_written(call, damaged, slab_of(damaged)->size);
		p = align == 1 ? front_pop(asked) : NULL;
		if (!p)
			p = serve_alloc(call, align, asked);
		if (!p)
			return NULL;
		if (!slab_holds(p))
			return seal_live(p, serve_usable_size(call, p), false, n);
		size = slab_of(p)->size;
		word_put(p, 0); /* the link */
		if (is_left_alone(p, size))
			return seal_live(p, size, true, n);
		damaged = p;
	}
}

static inline void *alloc(const char *call, size_t align, size_t asked, size_t n)
{
	size_t size = 0;
	char *p = align == 1 ? waiting_take(class_or_none(asked), &size) : NULL;

	if (__builtin_expect(p && is_left_alone(p, size), 1))
		return seal_live(p, size, true, n);
	return alloc_anew(call, align, asked, n, p);
}

void *guard_alloc_sealed(const char *call, size_t align, size_t n)
{
	return alloc(call, align, with_seal(n), n);
}

/* What slabs give is zero. */
void *guard_calloc_sealed(const char *call, size_t n)
{
	char *p;

	if (n > CLASS_MAX - SEAL_WORD) {
		p = serve_calloc(call, 1, with_seal(n));
		return p ? seal_live(p, serve_usable_size(call, p), false, n) : NULL;
	}
	p = guard_alloc_sealed(call, 1, n);
	return !p || slab_holds(p) ? p : memset(p, 0, n);
}

static void free_in_heap(const char *call, char *p)
{
	size_t size, slack;

	if (!p || !look(call, p, &size, &slack))
		return;
	seal_write(p, size, false, seal_of(p, slack) ^ SEAL_WAITS);
	blank_write_ends(p, size - SEAL_WORD);
	waiting_add_from_heap(p, size);
}

void guard_free_sealed(const char *call, void *p)
{
	struct slab *slab;
	uint64_t seal;
	size_t size;

	if (__builtin_expect(!slab_holds(p), 0)) {
		free_in_heap(call, p);
		return;
	}
	slab = slab_of(p);
	if (__builtin_expect(!slab_has_start(slab, p), 0)) {
		front_refuse(call, p);
		return;
	}
	size = slab->size;
	seal = seal_read(p, size, true);
	if (__builtin_expect(seal_error(seal, p) != 0 || !canary_is_whole(p, size, seal_slack(seal, p)) ||
	                         !before_is_whole(p, size), 0)) {
		tell_broken(call, p, size);
		return;
	}
	seal_write(p, size, true, seal ^ SEAL_WAITS);
	blank_write(p, size - SEAL_WORD);
	waiting_add(slab, p);
}

/* What grows by little is likely to grow again. */
static size_t with_room(size_t old, size_t n)
{
	return n > old && n - old < old / 4 ? n + (n / 8 < ROOM_MAX ? n / 8 : ROOM_MAX) : n;
}

static void *move(const char *call, void *p, size_t old, size_t n)
{
	void *q = alloc(call, 1, with_seal(with_room(old, n)), n);

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
	seal_live(p, size, slab_holds(p), fits ? n : old);
	return fits ? p : move(call, p, old, n);
}

size_t guard_usable_size_sealed(const char *call, const void *p)
{
	size_t size, slack;

	return p && look(call, p, &size, &slack) ? size - SEAL_WORD - slack : 0;
}

/* ---- The whole */

/* A free block is zero but for the link. */
static void check_slab(const struct slab *slab, void *call)
{
	const char *p = slab_memory(slab);

	for (uint32_t i = 0; i < SLAB_LEAD + slab->carved; i++, p += slab->size) {
		uint64_t error = seal_error(seal_read(p, slab->size, true), p);

		if (error != 0 && error != SEAL_WAITS)
			tell(call, OSM_FAULT_DAMAGED, p, slab->size, "something was written behind its end");
		else if (error == SEAL_WAITS && !blank_is_whole(p + 8, slab->size - SEAL_WORD - 8))
			guard_refuse_written(call, p, slab->size);
		else
			continue;
		return;
	}
}

void guard_check(const char *call)
{
	pool_visit(check_slab, (void *)(uintptr_t)call);
}
