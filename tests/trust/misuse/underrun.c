/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes before a block's start, where many a malloc keeps its books. The block and those around it are freed then.
 */
#include "tests/trust/misuse/misuse.h"

#include <string.h>

/* One of some neighbours is written before its start. */
static void underrun_in_row(size_t n, size_t before, size_t count, int value)
{
	struct row row = row_get(n);

	scribble(row.blocks[row.at] - before, value, count);
	row_give(&row, 1);
}

static void by_1(size_t n)
{
	underrun_in_row(n, 1, 1, 0x41);
}

static void by_4(size_t n)
{
	underrun_in_row(n, 4, 4, 0x41);
}

static void by_8(size_t n)
{
	underrun_in_row(n, 8, 8, 0x41);
}

static void by_8_zeros(size_t n)
{
	underrun_in_row(n, 8, 8, 0);
}

static void by_16(size_t n)
{
	underrun_in_row(n, 16, 16, 0x41);
}

static void by_16_ones(size_t n)
{
	underrun_in_row(n, 16, 16, 0xff);
}

static void by_32(size_t n)
{
	underrun_in_row(n, 32, 32, 'u');
}

/* Only the byte 16 before the start, as when an index is -1 in an array of such elements. */
static void behind_a_gap(size_t n)
{
	underrun_in_row(n, 16, 1, 'u');
}

/* A word that says the block is of another size, in the way of glibc's and of many others' headers. */
static void of_a_size(size_t n, size_t size)
{
	struct row row = row_get(n);

	memcpy(row.blocks[row.at] - sizeof size, &size, sizeof size);
	row_give(&row, 0);
}

static void that_forges_a_larger_size(size_t n)
{
	of_a_size(n, (2 * n + 15) / 16 * 16 + 1);
}

static void that_forges_a_smaller_size(size_t n)
{
	of_a_size(n, 33);
}

static void then_resized(size_t n)
{
	char *p = filled(n), *q = filled(n);

	scribble(q - 8, 'u', 8);
	give(change(q, 2 * n));
	give(p);
}

/* Where some mallocs keep the books of a page, and of a larger piece. */
static void at_the_start_of_its_page(size_t n)
{
	char *p = filled(n);

	scribble((char *)((size_t)p & ~(size_t)4095), 'u', 32);
	give(p);
}

const struct misuse misuse_underrun[] = {
	{"underrun-by-1", "12211", by_1},
	{"underrun-by-4", "12211", by_4},
	{"underrun-by-8", "12211", by_8},
	{"underrun-by-8-zeros", "1221-", by_8_zeros},
	{"underrun-by-16", "12211", by_16},
	{"underrun-by-16-ones", "12211", by_16_ones},
	{"underrun-by-32", "12211", by_32},
	{"underrun-behind-a-gap", "1--21", behind_a_gap},
	{"underrun-that-forges-a-larger-size", "12211", that_forges_a_larger_size},
	{"underrun-that-forges-a-smaller-size", "12211", that_forges_a_smaller_size},
	{"underrun-then-resized", "12211", then_resized},
	{"underrun-at-the-start-of-its-page", "   -1", at_the_start_of_its_page},
	{NULL, NULL, NULL},
};
