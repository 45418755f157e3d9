/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The backends that ask the system: what they do when it refuses, and when somebody else moves the program break.
 *
 * This program's own sbrk stands before the C library's, so that "somebody else" can come at any moment.
 */
#define _DEFAULT_SOURCE
#include "support/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define BREAK_FAILED ((void *)-1)
#define NEVER (-1)

extern void *__sbrk(intptr_t n);
extern struct osm_backend osm_brk, osm_mmap;

/* What happens at the calls of sbrk from now on, the next of which has the number 0. */
static struct {
	int refused;     /* this one fails */
	int forestalled; /* before this one somebody moves the break */
} plan = {NEVER, NEVER};

void *sbrk(intptr_t n)
{
	bool refused = plan.refused == 0, forestalled = plan.forestalled == 0;

	plan.refused -= plan.refused >= 0;
	plan.forestalled -= plan.forestalled >= 0;
	if (forestalled)
		__sbrk(24);
	if (refused) {
		errno = ENOMEM;
		return BREAK_FAILED;
	}
	return __sbrk(n);
}

/* NULL, with the errno that the contract names. */
#define assert_refused(call)             \
	do {                                 \
		errno = 0;                       \
		assert_null(call);               \
		assert_int_equal(errno, ENOMEM); \
	} while (0)

static char *brk_begin(size_t n)
{
	size_t reach = 0;
	char *start = osm_brk.grow(&osm_brk, NULL, n, &reach);

	assert_non_null(start);
	assert_int_equal((uintptr_t)start % 16, 0);
	assert_true(reach >= n);
	return start;
}

static void brk_grows_where_it_ended(void **state)
{
	size_t reach = 1;
	char *start = brk_begin(1000);

	(void)state;
	assert_ptr_equal(osm_brk.grow(&osm_brk, start + 1000, 500, &reach), start + 1000);
	assert_int_equal(reach, 1);
	memset(start, 0xaa, 1500);
	osm_brk.release(&osm_brk, start, 1500, 0);
	assert_ptr_equal(__sbrk(0), start);
}

static void brk_moved_by_somebody_region_ends(void **state)
{
	size_t reach;
	char *start = brk_begin(1000), *foreign = __sbrk(8);

	(void)state;
	assert_ptr_equal(foreign, start + 1000);
	assert_refused(osm_brk.grow(&osm_brk, start + 1000, 500, &reach));
	assert_ptr_equal(__sbrk(0), foreign + 8);
	osm_brk.release(&osm_brk, start, 1000, 0); /* bytes of others lie above: stays */
	assert_ptr_equal(__sbrk(0), foreign + 8);
}

/* Between the look at the break and the purchase: the bytes are bought in vain, and the next fresh region has them. */
static void brk_forestalled_bytes_serve_next_region(void **state)
{
	size_t reach;
	char *start = brk_begin(1000), *got, *top;

	(void)state;
	plan.forestalled = 1;
	assert_refused(osm_brk.grow(&osm_brk, start + 1000, 500, &reach));
	top = __sbrk(0);
	assert_ptr_equal(top, start + 1000 + 24 + 500);
	got = brk_begin(400);
	assert_in_range((uintptr_t)got, (uintptr_t)start + 1024, (uintptr_t)start + 1024 + 15);
	assert_ptr_equal(__sbrk(0), top);
	got = brk_begin(16); /* they serve once */
	assert_in_range((uintptr_t)got, (uintptr_t)top, (uintptr_t)top + 15);
}

static void brk_spare_bytes_too_few_are_left(void **state)
{
	size_t reach;
	char *start = brk_begin(1000), *top;

	(void)state;
	plan.forestalled = 1;
	assert_refused(osm_brk.grow(&osm_brk, start + 1000, 64, &reach));
	top = __sbrk(0);
	assert_in_range((uintptr_t)brk_begin(65), (uintptr_t)top, (uintptr_t)top + 15);
	assert_in_range((uintptr_t)brk_begin(40), (uintptr_t)start, (uintptr_t)top);
}

static void brk_refused(void **state)
{
	size_t reach = 0;
	char *start = brk_begin(64);

	(void)state;
	for (int call = 0; call < 2; call++) {
		plan.refused = call;
		assert_refused(osm_brk.grow(&osm_brk, start + 64, 64, &reach));
		plan.refused = call;
		assert_refused(osm_brk.grow(&osm_brk, NULL, 64, &reach));
	}
	assert_refused(osm_brk.grow(&osm_brk, NULL, SIZE_MAX / 2, &reach));
	plan.refused = NEVER;
	assert_ptr_equal(osm_brk.grow(&osm_brk, start + 64, 64, &reach), start + 64);
	osm_brk.release(&osm_brk, start, 128, 0);
}

static void brk_trimmed_if_nobody_moved_it(void **state)
{
	size_t reach;
	char *start = brk_begin(5000), *foreign;

	(void)state;
	assert_true(osm_brk.trim(&osm_brk, start + 5000, 3000));
	assert_ptr_equal(__sbrk(0), start + 2000);
	assert_ptr_equal(osm_brk.grow(&osm_brk, start + 2000, 500, &reach), start + 2000);
	plan.refused = 1;
	assert_false(osm_brk.trim(&osm_brk, start + 2500, 500));
	assert_ptr_equal(__sbrk(0), start + 2500);
	foreign = __sbrk(8);
	assert_false(osm_brk.trim(&osm_brk, start + 2500, 500));
	assert_ptr_equal(__sbrk(0), foreign + 8);
	__sbrk(-8);
	plan.forestalled = 1; /* between the look at the break and the trim: what is another's comes back */
	assert_false(osm_brk.trim(&osm_brk, start + 2500, 500));
	assert_ptr_equal(__sbrk(0), start + 2524);
	__sbrk(-24);
	osm_brk.release(&osm_brk, start, 2500, 0);
	assert_ptr_equal(__sbrk(0), start);
}

/* Somebody moves the break before each growth: the heap has ever more regions, and all is well with it. */
static void heap_on_brk_that_moves(void **state)
{
	struct osm_heap *heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &osm_brk, NULL);
	struct osm_stats stats;
	unsigned char *blocks[12];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		plan.forestalled = i % 2 == 0 ? 0 : NEVER;
		blocks[i] = osm_heap_alloc(heap, 3000);
		assert_non_null(blocks[i]);
		memset(blocks[i], (int)i, 3000);
	}
	plan.forestalled = NEVER;
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.live_blocks, COUNT_OF(blocks));
	assert_in_range(stats.regions, 6, 7);
	assert_true(osm_heap_check(heap, NULL));
	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		assert_int_equal(blocks[i][0], i);
		assert_int_equal(blocks[i][2999], i);
		osm_heap_free(heap, blocks[i]);
	}
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.free_blocks, stats.regions);
	osm_heap_destroy(heap);
}

/* Each heap's region ends where the other begins one. Tables for all that each could become would fill the addresses. */
static void heaps_in_turn_take_little_address_space(void **state)
{
	size_t before = address_space();

	(void)state;
	if (!LIMITS_CAN_BE_SET)
		skip();
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		struct osm_heap *heaps[2] = {osm_heap_create(*p, &osm_brk, NULL), osm_heap_create(*p, &osm_brk, NULL)};

		for (unsigned i = 0; i < 400; i++)
			assert_non_null(osm_heap_alloc(heaps[i % 2], 200));
		if (address_space() - before > (size_t)256 << 20)
			fail_msg("%s/%s: %zu bytes of addresses", (*p)->name, (*p)->layout, address_space() - before);
		osm_heap_destroy(heaps[1]);
		osm_heap_destroy(heaps[0]);
	}
}

static void mapping_aligned_beyond_a_page(void **state)
{
	(void)state;
	for (size_t align = PAGE; align <= (size_t)1 << 20; align *= 4) {
		char *p = osm_mmap.map(&osm_mmap, 3 * PAGE - 7, align);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % align, 0);
		assert_int_equal(p[0] | p[3 * PAGE - 8], 0);
		memset(p, 0xcc, 3 * PAGE - 7);
		osm_mmap.unmap(&osm_mmap, p, 3 * PAGE - 7);
	}
}

static void mapping_refused(void **state)
{
	(void)state;
	assert_refused(osm_mmap.map(&osm_mmap, PTRDIFF_MAX / 2, 16));
	assert_refused(osm_mmap.map(&osm_mmap, PTRDIFF_MAX / 2, 2 * PAGE));
	assert_refused(osm_mmap.map(&osm_mmap, PTRDIFF_MAX - PAGE, 2 * PAGE));
}

static void remap_refused_mapping_stays(void **state)
{
	char *p = osm_mmap.map(&osm_mmap, 2 * PAGE, 64), *moved;

	(void)state;
	assert_non_null(p);
	memset(p, 0xdd, 2 * PAGE);
	assert_refused(osm_mmap.remap(&osm_mmap, p, 2 * PAGE, PTRDIFF_MAX / 2));
	assert_int_equal((unsigned char)p[2 * PAGE - 1], 0xdd);
	moved = osm_mmap.remap(&osm_mmap, p, 2 * PAGE, 64 * PAGE);
	assert_non_null(moved);
	assert_int_equal((unsigned char)moved[2 * PAGE - 1], 0xdd);
	assert_int_equal(moved[64 * PAGE - 1], 0);
	osm_mmap.unmap(&osm_mmap, moved, 64 * PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brk_grows_where_it_ended),
		cmocka_unit_test(brk_moved_by_somebody_region_ends),
		cmocka_unit_test(brk_forestalled_bytes_serve_next_region),
		cmocka_unit_test(brk_spare_bytes_too_few_are_left),
		cmocka_unit_test(brk_refused),
		cmocka_unit_test(brk_trimmed_if_nobody_moved_it),
		cmocka_unit_test(heap_on_brk_that_moves),
		cmocka_unit_test(heaps_in_turn_take_little_address_space),
		cmocka_unit_test(mapping_aligned_beyond_a_page),
		cmocka_unit_test(mapping_refused),
		cmocka_unit_test(remap_refused_mapping_stays),
	};

	return !!cmocka_run_group_tests_name("system", tests, NULL, NULL);
}
