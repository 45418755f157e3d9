/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Freed blocks that wait, at hardening level 2, before they are really freed or serve again.
 *
 * Each thread has a few that were freed just now, a row for each size of slabs' blocks, and one for what is larger:
 *
 *     free -> | newest | -> | newest ..... oldest | -> malloc, while more than half of the row is in use
 *               fresh         a size's row          -> the slab, when the row is full
 *
 * So blocks of a program that allocates and frees in turn go round without touching their slabs, and each of them rests
 * while at least half a row of others of its size is freed. It does not matter whose slab they are of.
 *
 * What is behind a block is looked at when it is no longer fresh. By then its end has come into the cache, where free
 * would have waited for it: the request's own bytes are cleared at once, which takes stores only.
 *
 * A signal handler in the middle of these fast paths is not guarded against; elsewhere it is: tests/models/rows.pml.
 */
#ifndef OSMEM_DROPIN_WAITING_H
#define OSMEM_DROPIN_WAITING_H

#include "framework/dropin/classes.h"
#include "framework/dropin/slack.h"

/* From `first` up to before `end`, the oldest first; the counts only grow, and wrap. */
struct waiting_row {
	char **blocks;
	uint32_t first, end;
	uint32_t room; /* a power of two, or 0 */
	uint32_t size; /* of a block */
};

enum { FRESH = 8 };

/* A block that was freed just now: its address below, its slack in the highest byte. 0: none. */
typedef uint64_t waiting_fresh;

struct waiting {
	waiting_fresh fresh[FRESH];
	uint32_t oldest; /* of them */
	struct waiting_row rows[CLASSES];
};

/* The thread's; one that is nobody's as long as it has none. */
extern _Thread_local struct waiting *waiting_thread;
extern struct waiting waiting_none;

/* Blocks wait from now on, in each thread so many bytes of larger ones, and of each size of small ones a 32nd of that. */
void waiting_begin(size_t bytes);
/* Add a slab's block whose request is cleared. */
void waiting_add_first(char *p, size_t slack);
/* Add a block to a row that is full: the oldest one leaves it. */
void waiting_add_to_full(struct waiting_row *row, char *p);
/* The end of a fresh block is damaged. */
void waiting_refuse(const char *p, size_t slack);
/* Add a block of the heap that is cleared and sealed as waiting. */
void waiting_add_from_heap(char *p, size_t size);
/* This thread's freed blocks wait no longer. */
void waiting_flush(void);

/* The oldest block of a class and its size; NULL: too few wait. */
static inline char *waiting_take(size_t class, size_t *size)
{
	struct waiting_row *row = &waiting_thread->rows[class];
	char *p;

	if (row->end - row->first <= row->room / 2)
		return NULL;
	*size = row->size;
	p = row->blocks[row->first++ & (row->room - 1)];
	__builtin_prefetch(row->blocks[row->first & (row->room - 1)], 1);
	return p;
}

/* A block is fresh no longer. */
static inline void waiting_settle(struct waiting *waiting, waiting_fresh fresh)
{
	char *p = (char *)(uintptr_t)(fresh & (((uint64_t)1 << 56) - 1));
	struct slab *slab = slab_of(p);
	struct waiting_row *row = &waiting->rows[slab->class];

	if (__builtin_expect(!slack_is_whole(p, slab->size, fresh >> 56), 0)) {
		waiting_refuse(p, fresh >> 56);
		return;
	}
	slack_clear(p, slab->size, fresh >> 56);
	if (__builtin_expect(row->end - row->first == row->room, 0))
		waiting_add_to_full(row, p);
	else
		row->blocks[row->end++ & (row->room - 1)] = p;
}

static inline void waiting_add(char *p, size_t size, size_t slack)
{
	struct waiting *waiting = waiting_thread;
	waiting_fresh old;

	if (__builtin_expect(waiting == &waiting_none, 0)) {
		waiting_add_first(p, slack);
		return;
	}
	__builtin_prefetch(p - 1);
	__builtin_prefetch(p + size - 1, 1);
	old = waiting->fresh[waiting->oldest];
	waiting->fresh[waiting->oldest] = (uint64_t)slack << 56 | (uintptr_t)p;
	waiting->oldest = (waiting->oldest + 1) % FRESH;
	if (__builtin_expect(old != 0, 1))
		waiting_settle(waiting, old);
}

#endif
