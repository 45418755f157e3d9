/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What holds for a block of every size.
 */
#define _GNU_SOURCE
#include "tests/trust/contract/contract.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 64 };

/* Enough for every type of at most n bytes. */
static size_t natural_alignment(size_t n)
{
	size_t align = 1;

	while (align < 16 && 2 * align <= n)
		align *= 2;
	return align;
}

static void malloc_is_aligned(size_t n)
{
	for (int i = 0; i < 20; i++)
		REQUIRE(is_aligned(get(n), natural_alignment(n)));
}

static void calloc_is_aligned(size_t n)
{
	for (int i = 0; i < 5; i++)
		REQUIRE(is_aligned(get_zeroed(1, n), natural_alignment(n)));
}

static void realloc_is_aligned(size_t n)
{
	void *p = get(n / 2 + 1);

	REQUIRE(is_aligned(change(p, n), natural_alignment(n)));
}

static void every_byte_can_be_used(size_t n)
{
	char *p = get(n);

	REQUIRE(p);
	fill(p, n, 1);
	REQUIRE(is_filled(p, n, 1));
	give(p);
}

static void the_usable_size_suffices(size_t n)
{
	void *p = get(n);

	REQUIRE(malloc_usable_size(p) >= n);
	give(p);
}

static void the_usable_size_can_be_used(size_t n)
{
	void *p = get(n), *q = get(n);
	size_t usable = malloc_usable_size(p);

	fill(q, n, 2);
	fill(p, usable, 1);
	REQUIRE(is_filled(p, usable, 1) && is_filled(q, n, 2));
	p = change(p, 2 * n + 1);
	REQUIRE(is_filled(p, n, 1));
	give(p);
	give(q);
}

static void blocks_lie_apart(size_t n)
{
	size_t count = n > 100000 ? 6 : MANY;
	void *blocks[MANY];

	for (unsigned i = 0; i < count; i++) {
		blocks[i] = get(n);
		REQUIRE(blocks[i]);
		fill(blocks[i], n, i);
	}
	for (unsigned i = 0; i < count; i++)
		REQUIRE(is_filled(blocks[i], n, i));
	for (unsigned i = 0; i < count; i++)
		give(blocks[i]);
}

static void calloc_is_zero(size_t n)
{
	for (unsigned i = 0; i < 4; i++) {
		char *p = get_zeroed(1, n), *q = get_zeroed(n, 1);

		REQUIRE(p && q && is_zero(p, n) && is_zero(q, n));
		fill(p, n, i);
		fill(q, n, i);
		give(p);
		give(q);
	}
}

static void realloc_grows(size_t n)
{
	char *p = get(n);

	fill(p, n, 3);
	p = change(p, 3 * n + 5);
	REQUIRE(p && is_filled(p, n, 3));
	fill(p, 3 * n + 5, 4);
	REQUIRE(is_filled(p, 3 * n + 5, 4));
	give(p);
}

static void realloc_shrinks(size_t n)
{
	char *p = get(n);

	fill(p, n, 3);
	for (size_t to = n; to > 0; to /= 3) {
		p = change(p, to);
		REQUIRE(p && is_filled(p, to, 3));
	}
	give(p);
}

static void realloc_of_the_same_size_keeps(size_t n)
{
	char *p = get(n);

	fill(p, n, 3);
	for (int i = 0; i < 5; i++)
		p = change(p, n);
	REQUIRE(p && is_filled(p, n, 3));
	give(p);
}

static void realloc_up_and_down_keeps(size_t n)
{
	char *p = get(n), *others[20];

	fill(p, n, 3);
	for (int i = 0; i < 20; i++) {
		others[i] = get(n / 2 + 1);
		p = change(p, i % 2 ? n : 2 * n);
		REQUIRE(p && is_filled(p, n, 3));
	}
	for (int i = 0; i < 20; i++)
		give(others[i]);
	give(p);
}

static void realloc_of_null_allocates(size_t n)
{
	char *p = change(NULL, n);

	REQUIRE(p);
	fill(p, n, 1);
	give(p);
}

static void reallocarray_grows(size_t n)
{
	char *p = reallocarray(NULL, n, 1);

	fill(p, n, 5);
	p = reallocarray(p, n, 3);
	REQUIRE(p && is_filled(p, n, 5));
	give(p);
}

static void aligned(size_t n, size_t align)
{
	void *p = aligned_alloc(align, (n + align - 1) / align * align), *q = NULL;

	REQUIRE(p && is_aligned(p, align));
	fill(p, n, 1);
	REQUIRE(posix_memalign(&q, align, n) == 0 && is_aligned(q, align));
	fill(q, n, 2);
	REQUIRE(is_filled(p, n, 1));
	give(p);
	q = change(q, 2 * n);
	REQUIRE(q && is_filled(q, n, 2));
	give(q);
}

static void aligned_to_a_line(size_t n)
{
	aligned(n, 64);
}

static void aligned_to_a_page(size_t n)
{
	aligned(n, 4096);
}

static void aligned_to_a_mebibyte(size_t n)
{
	aligned(n, (size_t)1 << 20);
}

static void memalign_and_valloc_align(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = memalign(256, n), *q = valloc(n), *r = pvalloc(n);

	REQUIRE(p && is_aligned(p, 256));
	REQUIRE(q && is_aligned(q, page));
	REQUIRE(r && is_aligned(r, page));
	fill(r, (n + page - 1) / page * page, 1);
	give(p);
	give(q);
	give(r);
}

static void free_keeps_errno(size_t n)
{
	void *p = get(n), *q = get(n);

	errno = 1234;
	give(p);
	REQUIRE(errno == 1234);
	give(q);
	REQUIRE(errno == 1234);
}

static void *use_and_give(void *p)
{
	fill(p, malloc_usable_size(p), 9);
	give(p);
	return NULL;
}

static void another_thread_may_free(size_t n)
{
	for (int i = 0; i < 10; i++) {
		pthread_t thread;

		REQUIRE(pthread_create(&thread, NULL, use_and_give, get(n)) == 0);
		REQUIRE(pthread_join(thread, NULL) == 0);
	}
}

const struct contract contract_sizes[] = {
	{"malloc-is-aligned", true, malloc_is_aligned},
	{"calloc-is-aligned", true, calloc_is_aligned},
	{"realloc-is-aligned", true, realloc_is_aligned},
	{"every-byte-can-be-used", true, every_byte_can_be_used},
	{"usable-size-suffices", true, the_usable_size_suffices},
	{"usable-size-can-be-used", true, the_usable_size_can_be_used},
	{"blocks-lie-apart", true, blocks_lie_apart},
	{"calloc-is-zero", true, calloc_is_zero},
	{"realloc-grows", true, realloc_grows},
	{"realloc-shrinks", true, realloc_shrinks},
	{"realloc-of-the-same-size-keeps", true, realloc_of_the_same_size_keeps},
	{"realloc-up-and-down-keeps", true, realloc_up_and_down_keeps},
	{"realloc-of-null-allocates", true, realloc_of_null_allocates},
	{"reallocarray-grows", true, reallocarray_grows},
	{"aligned-to-a-line", true, aligned_to_a_line},
	{"aligned-to-a-page", true, aligned_to_a_page},
	{"aligned-to-a-mebibyte", true, aligned_to_a_mebibyte},
	{"memalign-and-valloc-align", true, memalign_and_valloc_align},
	{"free-keeps-errno", true, free_keeps_errno},
	{"another-thread-may-free", true, another_thread_may_free},
	{NULL, false, NULL},
};
