/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes behind a block's end. The block is freed then, and so are others around it.
 */
#include "tests/trust/misuse/misuse.h"

#include <string.h>

/* One of some neighbours is written beyond its end. */
static void overrun_in_row(size_t n, size_t from, size_t count, int value)
{
	struct row row = row_get(n);

	scribble(row.blocks[row.at - 1] + n + from, value, count);
	row_give(&row, 0);
}

static void by_1_zero(size_t n)
{
	overrun_in_row(n, 0, 1, 0);
}

static void by_1(size_t n)
{
	overrun_in_row(n, 0, 1, 0x41);
}

static void by_8(size_t n)
{
	overrun_in_row(n, 0, 8, 0x41);
}

static void by_9_zeros(size_t n)
{
	overrun_in_row(n, 0, 9, 0);
}

static void by_24(size_t n)
{
	overrun_in_row(n, 0, 24, 0x41);
}

static void by_all_ones(size_t n)
{
	overrun_in_row(n, 0, 24, 0xff);
}

static void by_its_size(size_t n)
{
	overrun_in_row(n, 0, n < 8000 ? n : 8000, 'o');
}

/* Some bytes are skipped, as when an index is wrong. */
static void behind_a_gap(size_t n)
{
	overrun_in_row(n, 8, 16, 0x41);
}

static void of_a_string(size_t n)
{
	struct row row = row_get(n);
	char *p = row.blocks[0], *q = row.blocks[row.at - 1];

	p[n - 1] = '\0';
	memmove(q, p, n);
	strcat(q, "the terminator and more");
	row_give(&row, 1);
}

/* Behind the block lies one that is free. */
static void into_a_free_one(size_t n)
{
	struct row row = row_get(n);

	give(row.blocks[row.at]);
	scribble(row.blocks[row.at - 1] + n, 'o', 40);
	row.blocks[row.at] = NULL;
	row_give(&row, 0);
}

/* The block is resized instead of freed. */
static void then_resized(size_t n)
{
	char *p = filled(n), *q = filled(n);

	scribble(p + n, 'o', 24);
	give(change(p, 3 * n));
	give(q);
}

static void of_a_resized_block(size_t n)
{
	char *p = filled(n), *q = filled(n);

	p = change(p, n + 100);
	scribble(p + n + 100, 'o', 24);
	give(p);
	give(q);
}

static void of_a_zeroed_block(size_t n)
{
	char *p = get_zeroed(n, 1), *q = filled(n);

	scribble(p + n, 'o', 24);
	give(p);
	give(q);
}

static void of_an_aligned_block(size_t n)
{
	size_t bytes = (n + 63) / 64 * 64;
	char *p = get_aligned(64, bytes), *q = get_aligned(64, bytes);

	scribble(p + bytes, 'o', 24);
	give(p);
	give(q);
}

static void of_a_block_of_no_bytes(size_t n)
{
	char *p = get(0), *q = get(0);

	(void)n;
	scribble(p, 'o', 24);
	give(p);
	give(q);
}

/* Of what the malloc says that may be used. */
static void of_the_usable_size(size_t n)
{
	struct row row = row_get(n);
	char *p = row.blocks[row.at - 1];

	scribble(p + usable(p), 'o', 16);
	row_give(&row, 0);
}

static char *shared;

static void *overrun_shared(void *n)
{
	scribble(shared + *(size_t *)n, 'o', 24);
	give(shared);
	return NULL;
}

static void in_a_thread(size_t n)
{
	char *q;

	shared = filled(n);
	q = filled(n);
	elsewhere(overrun_shared, &n);
	give(q);
}

/* Nobody frees the block: it is looked at when the program ends. */
static void of_a_block_that_stays(size_t n)
{
	scribble(filled(n) + n, 'o', 1);
}

/* Far behind the block's end, where others may lie. */
static void far_behind(size_t n)
{
	char *p = filled(n);

	scribble(p + n + ((size_t)64 << 20), 'o', 8);
	give(p);
}

const struct misuse misuse_overrun[] = {
	{"overrun-by-1-zero", "12211", by_1_zero},
	{"overrun-by-1", "12211", by_1},
	{"overrun-by-8", "12211", by_8},
	{"overrun-by-9-zeros", "12211", by_9_zeros},
	{"overrun-by-24", "12211", by_24},
	{"overrun-by-all-ones", "12211", by_all_ones},
	{"overrun-by-its-size", "12211", by_its_size},
	{"overrun-behind-a-gap", "1-222", behind_a_gap},
	{"overrun-of-a-string", "12211", of_a_string},
	{"overrun-into-a-free-one", "11211", into_a_free_one},
	{"overrun-then-resized", "12211", then_resized},
	{"overrun-of-a-resized-block", "12221", of_a_resized_block},
	{"overrun-of-a-zeroed-block", "12211", of_a_zeroed_block},
	{"overrun-of-an-aligned-block", "12211", of_an_aligned_block},
	{"overrun-of-the-usable-size", "12211", of_the_usable_size},
	{"overrun-in-a-thread", "12211", in_a_thread},
	{"overrun-of-a-block-of-no-bytes", "2", of_a_block_of_no_bytes},
	{"overrun-of-a-block-that-stays", "22222", of_a_block_that_stays},
	{"overrun-far-behind", "-", far_behind},
	{NULL, NULL, NULL},
};
