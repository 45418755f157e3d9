/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is free already is freed.
 */
#include "tests/trust/misuse/misuse.h"

enum { OTHERS = 50 };

static void at_once(size_t n)
{
	char *p = filled(n);

	give(p);
	give(p);
}

static void after_another(size_t n)
{
	char *p = filled(n), *q = filled(n);

	give(p);
	give(q);
	give(p);
}

static void after_many(size_t n)
{
	static char *others[OTHERS];
	char *p = filled(n);
	size_t count = n > 100000 ? 3 : OTHERS;

	for (size_t i = 0; i < count; i++)
		others[i] = filled(n);
	give(p);
	for (size_t i = 0; i < count; i++)
		give(others[i]);
	give(p);
}

/* The block's first words are written before, so that a mark which the malloc left there is gone. */
static void after_a_write(size_t n)
{
	char *p = filled(n);

	give(p);
	scribble(p, 'y', 16);
	give(p);
}

/* The block serves somebody else by now, who loses it. */
static void after_reuse(size_t n)
{
	char *p = filled(n), *q;

	give(p);
	q = filled(n);
	give(p);
	give(q);
}

static void after_another_size(size_t n)
{
	char *p = filled(n), *q;

	give(p);
	q = filled(2 * n);
	give(p);
	give(q);
}

static void the_second_in_a_thread(size_t n)
{
	char *p = filled(n);

	give(p);
	elsewhere(give_it, p);
}

static void the_first_in_a_thread(size_t n)
{
	char *p = filled(n);

	elsewhere(give_it, p);
	give(p);
}

static void *twice(void *p)
{
	give(p);
	give(p);
	return NULL;
}

static void both_in_a_thread(size_t n)
{
	elsewhere(twice, filled(n));
}

static void *allocate_and_free(void *n)
{
	char *p = filled(*(size_t *)n);

	give(p);
	return p;
}

/* By the thread that it never belonged to, whose owner has ended. */
static void *freed;

static void *allocate_free_and_tell(void *n)
{
	freed = allocate_and_free(n);
	return NULL;
}

static void of_a_thread_that_ended(size_t n)
{
	elsewhere(allocate_free_and_tell, &n);
	give(freed);
}

static void after_resize_to_nothing(size_t n)
{
	char *p = filled(n);

	if (!change(p, 0))
		give(p);
}

/* The block had to move, and the program frees where it lay. */
static void of_a_block_that_moved(size_t n)
{
	char *p = filled(n), *q = filled(n), *moved = change(p, 20 * n);

	if (moved != p)
		give(p);
	else
		give(moved + 16);
	give(q);
}

static void of_a_zeroed_block(size_t n)
{
	char *p = get_zeroed(1, n);

	give(p);
	give(p);
}

static void of_an_aligned_block(size_t n)
{
	char *p = get_aligned(256, (n + 255) / 256 * 256);

	give(p);
	give(p);
}

static void of_a_block_of_no_bytes(size_t n)
{
	char *p = get(0);

	(void)n;
	give(p);
	give(p);
}

const struct misuse misuse_free_twice[] = {
	{"free-twice-at-once", "11111", at_once},
	{"free-twice-after-another", "11111", after_another},
	{"free-twice-after-many", "11111", after_many},
	{"free-twice-after-a-write", "1222 ", after_a_write},
	{"free-twice-after-reuse", "2222-", after_reuse},
	{"free-twice-after-another-size", "11111", after_another_size},
	{"free-twice-the-second-in-a-thread", "21111", the_second_in_a_thread},
	{"free-twice-the-first-in-a-thread", "11111", the_first_in_a_thread},
	{"free-twice-both-in-a-thread", "11111", both_in_a_thread},
	{"free-twice-of-a-thread-that-ended", "11111", of_a_thread_that_ended},
	{"free-twice-after-resize-to-nothing", "11111", after_resize_to_nothing},
	{"free-twice-of-a-block-that-moved", "1111 ", of_a_block_that_moved},
	{"free-twice-of-a-zeroed-block", "11111", of_a_zeroed_block},
	{"free-twice-of-an-aligned-block", "11111", of_an_aligned_block},
	{"free-twice-of-a-block-of-no-bytes", "1", of_a_block_of_no_bytes},
	{NULL, NULL, NULL},
};
