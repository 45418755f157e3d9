/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests that cannot be met, and those at the edge.
 */
#define _GNU_SOURCE
#include "tests/trust/contract/contract.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

/* From the compiler's eyes, which would warn or know the answer. */
static size_t hidden(size_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n;
}

static void malloc_of_too_much(size_t n)
{
	const size_t much[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4095, SIZE_MAX / 2, PTRDIFF_MAX};

	(void)n;
	for (size_t i = 0; i < sizeof much / sizeof *much; i++) {
		errno = 0;
		REQUIRE(!get(much[i]) && errno == ENOMEM);
	}
}

static void calloc_that_overflows(size_t n)
{
	const size_t counts[][2] = {{SIZE_MAX / 2, 3},
	                            {3, SIZE_MAX / 2},
	                            {(size_t)1 << 32, (size_t)1 << 32},
	                            {SIZE_MAX, 2},
	                            {(size_t)1 << 33, ((size_t)1 << 31) + 1}};

	(void)n;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		errno = 0;
		REQUIRE(!get_zeroed(counts[i][0], counts[i][1]) && errno == ENOMEM);
	}
}

static void realloc_of_too_much(size_t n)
{
	char *p = get(100);

	(void)n;
	fill(p, 100, 1);
	errno = 0;
	REQUIRE(!change(p, SIZE_MAX - 100) && errno == ENOMEM);
	errno = 0;
	REQUIRE(!change(p, (size_t)PTRDIFF_MAX + 1) && errno == ENOMEM);
	REQUIRE(is_filled(p, 100, 1));
	give(p);
}

static void realloc_of_too_much_for_a_mapping(size_t n)
{
	size_t bytes = (size_t)6 << 20;
	char *p = get(bytes);

	(void)n;
	fill(p, bytes, 1);
	errno = 0;
	REQUIRE(!change(p, SIZE_MAX - 100) && errno == ENOMEM);
	REQUIRE(is_filled(p, bytes, 1));
	give(p);
}

static void reallocarray_that_overflows(size_t n)
{
	char *p = get(100);

	(void)n;
	fill(p, 100, 1);
	errno = 0;
	REQUIRE(!reallocarray(p, hidden(SIZE_MAX / 2), 3) && errno == ENOMEM);
	REQUIRE(is_filled(p, 100, 1));
	give(p);
}

static void aligned_alloc_of_too_much(size_t n)
{
	(void)n;
	errno = 0;
	REQUIRE(!aligned_alloc(64, hidden(SIZE_MAX - 127)) && errno == ENOMEM);
	errno = 0;
	REQUIRE(!aligned_alloc(hidden((size_t)1 << 20), hidden(SIZE_MAX - ((size_t)2 << 20) + 1)) && errno == ENOMEM);
}

static void aligned_alloc_of_a_bad_alignment(size_t n)
{
	(void)n;
	errno = 0;
	REQUIRE(!aligned_alloc(hidden(3), hidden(30)) && errno == EINVAL);
	errno = 0;
	REQUIRE(!aligned_alloc(hidden(48), hidden(96)) && errno == EINVAL);
}

static void posix_memalign_of_a_bad_alignment(size_t n)
{
	const size_t bad[] = {0, 1, 2, 4, 3, 24, 48, 100, SIZE_MAX, SIZE_MAX / 2};
	int mine;
	void *p = &mine;

	(void)n;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		REQUIRE(posix_memalign(&p, hidden(bad[i]), 100) == EINVAL && p == &mine);
}

static void posix_memalign_of_too_much(size_t n)
{
	int mine;
	void *p = &mine;

	(void)n;
	REQUIRE(posix_memalign(&p, 64, hidden(SIZE_MAX - 10)) == ENOMEM && p == &mine);
}

static void memalign_of_a_huge_alignment(size_t n)
{
	(void)n;
	errno = 0;
	REQUIRE(!memalign(hidden((size_t)1 << 62), hidden((size_t)1 << 62)) && errno == ENOMEM);
}

static void valloc_and_pvalloc_of_too_much(size_t n)
{
	(void)n;
	errno = 0;
	REQUIRE(!valloc(hidden(SIZE_MAX - 4096)) && errno == ENOMEM);
	errno = 0;
	REQUIRE(!pvalloc(hidden(SIZE_MAX - 10)) && errno == ENOMEM);
}

static void no_bytes_are_a_block_of_their_own(size_t n)
{
	void *blocks[100];

	(void)n;
	for (int i = 0; i < 100; i++) {
		blocks[i] = i % 3 == 0 ? get(0) : i % 3 == 1 ? get_zeroed(0, 10) : get_zeroed(10, 0);
		REQUIRE(blocks[i]);
		for (int k = 0; k < i; k++)
			REQUIRE(blocks[k] != blocks[i]);
	}
	for (int i = 0; i < 100; i++)
		give(blocks[i]);
}

static void realloc_to_no_bytes_leaves_nothing_behind(size_t n)
{
	size_t before;

	(void)n;
	for (int i = 0; i < 1000; i++)
		give(change(get(5000), 0));
	before = resident();
	for (int i = 0; i < 100000; i++)
		give(change(get(5000), 0)); /* NULL, or a block of no bytes */
	REQUIRE(resident() < before + 20000);
}

static void realloc_of_null_to_no_bytes(size_t n)
{
	void *p = change(NULL, 0);

	(void)n;
	REQUIRE(p);
	give(p);
}

static void free_of_null(size_t n)
{
	(void)n;
	errno = 55;
	for (int i = 0; i < 10; i++)
		give(NULL);
	REQUIRE(errno == 55);
}

static void usable_size_of_null(size_t n)
{
	(void)n;
	REQUIRE(malloc_usable_size(NULL) == 0);
}

static void failures_leave_the_heap_as_it_was(size_t n)
{
	(void)n;
	work_at_random(1, 1000);
	for (int i = 0; i < 1000; i++) {
		REQUIRE(!get(SIZE_MAX - (size_t)i));
		REQUIRE(!aligned_alloc(hidden((size_t)1 << 40), hidden((size_t)1 << 62)));
	}
	work_at_random(2, 1000);
}

const struct contract contract_errors[] = {
	{"malloc-of-too-much", false, malloc_of_too_much},
	{"calloc-that-overflows", false, calloc_that_overflows},
	{"realloc-of-too-much", false, realloc_of_too_much},
	{"realloc-of-too-much-for-a-mapping", false, realloc_of_too_much_for_a_mapping},
	{"reallocarray-that-overflows", false, reallocarray_that_overflows},
	{"aligned-alloc-of-too-much", false, aligned_alloc_of_too_much},
	{"aligned-alloc-of-a-bad-alignment", false, aligned_alloc_of_a_bad_alignment},
	{"posix-memalign-of-a-bad-alignment", false, posix_memalign_of_a_bad_alignment},
	{"posix-memalign-of-too-much", false, posix_memalign_of_too_much},
	{"memalign-of-a-huge-alignment", false, memalign_of_a_huge_alignment},
	{"valloc-and-pvalloc-of-too-much", false, valloc_and_pvalloc_of_too_much},
	{"no-bytes-are-a-block-of-their-own", false, no_bytes_are_a_block_of_their_own},
	{"realloc-to-no-bytes-leaves-nothing-behind", false, realloc_to_no_bytes_leaves_nothing_behind},
	{"realloc-of-null-to-no-bytes", false, realloc_of_null_to_no_bytes},
	{"free-of-null", false, free_of_null},
	{"usable-size-of-null", false, usable_size_of_null},
	{"failures-leave-the-heap-as-it-was", false, failures_leave_the_heap_as_it_was},
	{NULL, false, NULL},
};
