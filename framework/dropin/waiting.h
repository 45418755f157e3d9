/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Freed blocks that wait, at hardening level 2, before they are really freed or serve again.
 *
 * Each thread has a row for each size of slabs' blocks, and one for what is larger:
 *
 *     free -> | newest ..... oldest | -> malloc, while more than half of the row is in use
 *                                     -> the slab, when the row is full
 *
 * So blocks of a program that allocates and frees in turn go round without touching their slabs, and each of them rests
 * while at least half a row of others of its size is freed. It does not matter whose slab they are of.
 */
#ifndef OSMEM_DROPIN_WAITING_H
#define OSMEM_DROPIN_WAITING_H

#include "framework/dropin/classes.h"
#include "framework/dropin/slab.h"

/* From `first` up to before `end`, the oldest first; the counts only grow, and wrap. */
struct waiting_row {
	char **blocks;
	uint32_t first, end;
	uint32_t room; /* a power of two, or 0 */
	uint32_t size; /* of a block */
};

struct waiting {
	struct waiting_row rows[CLASSES];
};

/* The thread's; one without room as long as it has none. */
extern _Thread_local struct waiting *waiting_thread;

/* Blocks wait from now on, in each thread so many bytes of larger ones, and of each size of small ones a 32nd of that. */
void waiting_begin(size_t bytes);
/* Add a slab's block that is cleared and sealed as waiting, when there is no room for it: another one goes, or it does. */
void waiting_add_to_full(struct slab *slab, char *p);
/* The same for a block of the heap. */
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

static inline void waiting_add(struct slab *slab, char *p)
{
	struct waiting_row *row = &waiting_thread->rows[slab->class];

	if (__builtin_expect(row->end - row->first == row->room, 0))
		waiting_add_to_full(slab, p);
	else
		row->blocks[row->end++ & (row->room - 1)] = p;
}

#endif
