/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs: 64 KiB of blocks of one size, without headers, in one range of addresses that is reserved at the start. Their
 * descriptors are an array of its own, so that a pointer leads to its slab by a subtraction and a shift.
 *
 *     | descriptor 0 | descriptor 1 | ... |   | slab 0: block block block ... | slab 1: ... |
 *     ^ slab_range.slabs                      ^ slab_range.base                              + slab_range.span
 *
 * A block is *out* from when it was carved or taken over by the thread's list until it is back on its slab's own list:
 * held by the program, waiting on a thread's list, or on its way home from another thread. The states of a slab:
 *
 *     POOLED, PURGED   nobody's; PURGED costs no memory
 *     BARE             nobody's; it costs no memory and the system has not promised any
 *     FULL             its owner's; few of its blocks are back, so the owner does not look at it
 *     PARTIAL          its owner's; blocks of it can be taken
 *     ABANDONED        its owner is gone
 *
 * Who may touch what: all fields but `foreign` belong to the owner, or without one to whoever holds the pool's lock.
 * `owner` is read by anybody; only a thread itself makes itself the owner or ceases to be it, so that a thread that
 * reads its own name there is right, whatever others do, and one that reads another name knows that it is not its own.
 */
#ifndef OSMEM_DROPIN_SLAB_H
#define OSMEM_DROPIN_SLAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "framework/dropin/hardening.h"

#define SLAB_SHIFT 16
#define SLAB_BYTES ((size_t)1 << SLAB_SHIFT)
#define SLAB_BLOCKS (SLAB_BYTES / 16) /* no more than that */
enum { SLAB_CANARY = 8 };

/*
 * A free block: its first word links it. From hardening level 1 on the link is sealed, so that one that was overwritten
 * leads out of the slab, all but certainly. At level 1 the second word says that the block is free, which a second free
 * meets; at level 2 the block's slack does, see slack.h.
 */
struct link {
	uintptr_t next, mark; /* by link_next() and link_set() */
};

struct owner;

/* The owner of a slab that has none. Not NULL, which is how a thread that has not begun is called. */
#define SLAB_NOBODY ((struct owner *)1)

enum slab_state {
	SLAB_UNUSED,
	SLAB_POOLED,
	SLAB_PURGING,
	SLAB_PURGED,
	SLAB_BARE,
	SLAB_FULL,
	SLAB_PARTIAL,
	SLAB_ABANDONED
};

struct slab {
	_Alignas(64) struct link *free; /* blocks that are back */
	_Atomic(struct owner *) owner;
	uint32_t until; /* so many blocks come back before the state changes: see front_event() */
	uint32_t rest;  /* so many more are out: until + rest in all */
	struct slab *next, *prev;
	uint32_t size;           /* of a block */
	uint32_t inverse;        /* 2^32 / size, rounded up; 0: no block is out */
	uint32_t capacity;       /* blocks that it has room for */
	_Atomic uint32_t carved; /* those that have ever been out; other threads look, too */
	uint32_t stamp;          /* POOLED: when it came, in milliseconds */
	uint8_t class, state;
	/* Blocks that other threads freed: how many, and where the first of them lies. On a line that the owner's free does
	 * not touch. */
	_Alignas(64) _Atomic uint64_t foreign;
};

struct slab_range {
	char *base;
	size_t span; /* 0: there are no slabs */
	struct slab *slabs;
	uint8_t *slacks; /* at hardening level 2, SLAB_BLOCKS for each slab: see slack.h */
};

/* Written once at the start. */
extern struct slab_range slab_range;

/* What a slab's block has for n bytes: at hardening level 2 there is a canary behind, see slack.h. Too much stays so. */
static inline size_t slab_room(size_t n)
{
	if (HARDENING != 2)
		return n;
	if (n < BLANK_LEAST)
		n = BLANK_LEAST;
	return n <= SIZE_MAX - SLAB_CANARY ? n + SLAB_CANARY : n;
}

static inline bool slab_holds(const void *p)
{
	return (size_t)((const char *)p - slab_range.base) < slab_range.span;
}

static inline struct slab *slab_of(const void *p)
{
	return &slab_range.slabs[(size_t)((const char *)p - slab_range.base) >> SLAB_SHIFT];
}

static inline char *slab_memory(const struct slab *slab)
{
	return slab_range.base + ((size_t)(slab - slab_range.slabs) << SLAB_SHIFT);
}

static inline uint8_t *slab_slack(const struct slab *slab, size_t place)
{
	return slab_range.slacks + (size_t)(slab - slab_range.slabs) * SLAB_BLOCKS + place;
}

static inline uint32_t slab_out(const struct slab *slab)
{
	return slab->until + slab->rest;
}

/* What the words of a free block are sealed with. */
static inline uintptr_t link_seal(const struct link *at)
{
	return HARDENING > 0 ? hardening_secret + 8 * (uintptr_t)at : 0;
}

/* The next on the list; outside of the slab if the word is not what link_set() wrote. */
static inline struct link *link_next(const struct link *at)
{
	return (struct link *)(at->next ^ link_seal(at));
}

static inline void link_set(struct link *at, struct link *next)
{
	uintptr_t seal = link_seal(at);

	at->next = (uintptr_t)next ^ seal;
	if (HARDENING == 1)
		at->mark = ~seal;
}

/* A block leaves its list. */
static inline void link_end(struct link *at)
{
	if (HARDENING == 1)
		at->mark = 0;
}

/* Can `next` follow on `at`, which is in a slab? Level 0 does not ask. */
static inline bool link_is_sound(const struct link *at, const struct link *next)
{
	return HARDENING == 0 || ((uintptr_t)at ^ (uintptr_t)next) < SLAB_BYTES || !next;
}

/* The number of the block that starts at p, from the slab's start, perhaps of one that was never out; none does:
 * SLAB_BLOCKS or more. By Lemire's test for divisibility (Lemire, Kaser and Kurz 2019, Software Practice & Experience 49):
 * exact for numbers below 2^16 and divisors up to 2^16. */
static inline size_t slab_place(const struct slab *slab, const void *p)
{
	uint64_t product = ((uintptr_t)p & (SLAB_BYTES - 1)) * (uint64_t)slab->inverse;

	return (uint32_t)product < slab->inverse ? product >> 32 : SIZE_MAX;
}

/* Does a block start at p, has it been out, and is it not free? The last is asked at level 1; see slack.h on level 2. */
static inline bool slab_has_live(const struct slab *slab, const void *p)
{
	const struct link *block = p;

	return slab_place(slab, p) - SLAB_LEAD < slab->carved && (HARDENING != 1 || block->mark != ~link_seal(block));
}

/* `foreign` as a number: the count above, and below the first block's place in units of 16, plus 1; 0: none. */
static inline uint64_t foreign_pack(const struct slab *slab, const struct link *first, uint64_t count)
{
	return count << 32 | ((uint64_t)((const char *)first - slab_memory(slab)) / 16 + 1);
}

static inline uint32_t foreign_count(uint64_t word)
{
	return (uint32_t)(word >> 32);
}

static inline struct link *foreign_first(const struct slab *slab, uint64_t word)
{
	return (uint32_t)word ? (struct link *)(slab_memory(slab) + ((size_t)(uint32_t)word - 1) * 16) : NULL;
}

/* Lists of slabs, doubly linked; the head's prev is the tail, the tail's next is NULL. */
static inline void slabs_push(struct slab **list, struct slab *slab)
{
	slab->next = *list;
	slab->prev = *list ? (*list)->prev : slab;
	if (*list)
		(*list)->prev = slab;
	*list = slab;
}

static inline void slabs_append(struct slab **list, struct slab *slab)
{
	if (!*list) {
		slabs_push(list, slab);
		return;
	}
	slab->next = NULL;
	slab->prev = (*list)->prev;
	slab->prev->next = slab;
	(*list)->prev = slab;
}

static inline void slabs_remove(struct slab **list, struct slab *slab)
{
	if (slab->next)
		slab->next->prev = slab->prev;
	else
		(*list)->prev = slab->prev; /* of a list of one this is overwritten or forgotten */
	if (*list == slab)
		*list = slab->next;
	else
		slab->prev->next = slab->next;
}

#endif
