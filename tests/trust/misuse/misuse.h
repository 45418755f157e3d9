/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Single acts of misuse, each a case of a program that any malloc can be preloaded under.
 *
 * A case commits its one misuse and returns; the program then goes on as a program would (it allocates blocks of the
 * same size, writes them, looks whether they keep what was written, and frees them), and says that it survived.
 */
#ifndef TESTS_TRUST_MISUSE_H
#define TESTS_TRUST_MISUSE_H

#include <stddef.h>

/* The kinds of blocks that a case is tried on, in the order of the letters in `promise`. */
enum { KIND_FIRST, KIND_SMALL, KIND_MIDDLE, KIND_LARGE, KIND_MAPPED, KINDS };

struct misuse {
	const char *name;
	/* From which hardening level on libosmem-malloc ends the program with a diagnosis: 1, 2, or - for not at all. One
	 * letter for each kind of block; a single one if the case is not about a block's size. */
	const char *promise;
	void (*act)(size_t n);
};

/* One list a file, each ended by an entry without name. */
extern const struct misuse misuse_free_twice[], misuse_free_wrong[], misuse_resize_wrong[], misuse_overrun[],
	misuse_underrun[], misuse_after_free[];

/* The family, out of the compiler's sight: it knows what may not be done with a freed pointer. */
extern void *(*volatile get)(size_t n);
extern void *(*volatile get_zeroed)(size_t count, size_t n);
extern void *(*volatile get_aligned)(size_t align, size_t n);
extern void *(*volatile change)(void *p, size_t n);
extern void (*volatile give)(void *p);
extern size_t (*volatile usable)(void *p);

/* A block of n bytes, all of them 'x'. */
char *filled(size_t n);

/* Blocks that lie side by side, as far as the malloc does that. */
struct row {
	char *blocks[64]; /* in the order of their addresses */
	size_t count;
	size_t at; /* the one that lies closest behind another */
};

struct row row_get(size_t n);
/* Free all of them, from the lowest up or from the highest down. */
void row_give(const struct row *row, int down);

/* Run a function in a thread of its own, to its end. */
void elsewhere(void *(*function)(void *), void *argument);
/* A thread's function: give(p). */
void *give_it(void *p);
/* Write through a pointer as a program does that does not know better. The last byte is always another than before: what
 * is written over may be random, and one time in 256 the only byte that matters would stay as it is. */
void scribble(char *at, int value, size_t n);

#endif
