/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The backend mmap: reserving, committing and populating ahead, giving back, and what it does when the system refuses.
 */
#define _DEFAULT_SOURCE
#include "support/limits.h"

#include <errno.h>
#include <osmem/backend.h>
#include <string.h>

#define PAGE ((size_t)4096)

extern struct osm_backend osm_brk, osm_mmap;

/* NULL, with the errno that the contract names. */
#define assert_refused(call)             \
	do {                                 \
		errno = 0;                       \
		assert_null(call);               \
		assert_int_equal(errno, ENOMEM); \
	} while (0)

static void mmap_reservation_halved_until_granted(void **state)
{
	size_t reach = 0, room = (size_t)3 << 30, longest = 0;
	rlim_t before;
	char *start;

	(void)state;
	if (!LIMITS_CAN_BE_SET || sizeof(size_t) == 4)
		skip();
	start = osm_mmap.grow(&osm_mmap, NULL, 100, &longest);
	assert_non_null(start);
	osm_mmap.release(&osm_mmap, start, 100, longest);
	before = limit_set(RLIMIT_AS, address_space() + room);
	start = osm_mmap.grow(&osm_mmap, NULL, 100, &reach);
	limit_set(RLIMIT_AS, before);
	assert_non_null(start);
	assert_in_range(reach, room / 2 - PAGE, room);
	assert_int_equal(longest % reach, 0);
	start[99] = 1;
	osm_mmap.release(&osm_mmap, start, 100, reach);
}

static void mmap_reservation_refused(void **state)
{
	size_t reach = 0;

	(void)state;
	assert_refused(osm_mmap.grow(&osm_mmap, NULL, PTRDIFF_MAX / 2, &reach));
	assert_refused(osm_mmap.grow(&osm_mmap, NULL, PTRDIFF_MAX, &reach));
	assert_int_equal(reach, 0);
}

/* The system counts what may be written to: it refuses to commit what it has reserved. What was committed ahead serves
 * all the same, and then exactly what is asked for is tried. */
static void mmap_commitment_refused(void **state)
{
	size_t reach = 0, unused = 0, ahead = (size_t)1 << 20;
	rlim_t before;
	char *start, *end;
	void *served, *grown, *fresh;
	int grown_errno, fresh_errno;

	(void)state;
	if (!LIMITS_CAN_BE_SET)
		skip();
	start = osm_mmap.grow(&osm_mmap, NULL, PAGE, &reach);
	assert_non_null(start);
	end = start + PAGE + ahead;
	before = limit_set(RLIMIT_DATA, 1);
	served = osm_mmap.grow(&osm_mmap, start + PAGE, ahead, &unused);
	errno = 0;
	grown = osm_mmap.grow(&osm_mmap, end, PAGE, &unused);
	grown_errno = errno;
	errno = 0;
	fresh = osm_mmap.grow(&osm_mmap, NULL, PAGE, &unused);
	fresh_errno = errno;
	limit_set(RLIMIT_DATA, before);
	assert_ptr_equal(served, start + PAGE);
	assert_null(grown);
	assert_int_equal(grown_errno, ENOMEM);
	assert_null(fresh);
	assert_int_equal(fresh_errno, ENOMEM);
	assert_ptr_equal(osm_mmap.grow(&osm_mmap, end, PAGE, &unused), end);
	memset(start, 0xbb, 2 * PAGE + ahead);
	osm_mmap.release(&osm_mmap, start, 2 * PAGE + ahead, reach);
}

static void mmap_commits_exactly_where_more_is_refused(void **state)
{
	size_t reach = 0, unused = 0, ahead = (size_t)1 << 20;
	rlim_t before;
	char *start, *end;
	void *grown, *again;

	(void)state;
	if (!LIMITS_CAN_BE_SET)
		skip();
	start = osm_mmap.grow(&osm_mmap, NULL, PAGE, &reach);
	end = start + PAGE + ahead;
	assert_non_null(start);
	assert_ptr_equal(osm_mmap.grow(&osm_mmap, start + PAGE, ahead, &unused), start + PAGE);
	before = limit_set(RLIMIT_DATA, data_bytes() + 64 * PAGE);
	grown = osm_mmap.grow(&osm_mmap, end, 4 * PAGE, &unused);
	again = osm_mmap.grow(&osm_mmap, end + 4 * PAGE, 64 * PAGE, &unused);
	limit_set(RLIMIT_DATA, before);
	assert_ptr_equal(grown, end);
	assert_null(again);
	memset(end, 0xbb, 4 * PAGE);
	osm_mmap.release(&osm_mmap, start, PAGE + ahead + 4 * PAGE, reach);
}

/* A step costs a system call only where it leaves what was committed ahead: the accounts move in large steps. */
static void mmap_grows_in_small_steps_commits_in_large_ones(void **state)
{
	size_t reach = 0, unused = 0, data, steps = 0;
	char *start = osm_mmap.grow(&osm_mmap, NULL, PAGE, &reach), *end;

	(void)state;
	assert_non_null(start);
	data = data_bytes();
	for (end = start + PAGE; end < start + 2048 * PAGE; end += PAGE) {
		assert_ptr_equal(osm_mmap.grow(&osm_mmap, end, PAGE, &unused), end);
		steps += data_bytes() >= data + ((size_t)1 << 20); /* what others take meanwhile is less */
		data = data_bytes();
	}
	assert_in_range(steps, 4, 8);
	memset(start, 0xbb, 2048 * PAGE);
	osm_mmap.release(&osm_mmap, start, 2048 * PAGE, reach);
}

static void mmap_trimmed_grows_again_zero(void **state)
{
	size_t reach = 0, unused = 0, data;
	char *start = osm_mmap.grow(&osm_mmap, NULL, 64 * PAGE, &reach);

	(void)state;
	assert_non_null(start);
	data = data_bytes();
	memset(start, 0xee, 64 * PAGE);
	assert_true(osm_mmap.trim(&osm_mmap, start + 64 * PAGE, 60 * PAGE + 100));
	assert_true(data_bytes() <= data - 60 * PAGE);
	assert_int_equal((unsigned char)start[4 * PAGE - 101], 0xee);
	assert_ptr_equal(osm_mmap.grow(&osm_mmap, start + 4 * PAGE - 100, 10 * PAGE, &unused), start + 4 * PAGE - 100);
	assert_int_equal(start[4 * PAGE], 0);
	memset(start, 0xee, 14 * PAGE - 100);
	assert_true(osm_mmap.trim(&osm_mmap, start + 14 * PAGE - 100, 50)); /* within a page */
	assert_int_equal((unsigned char)start[14 * PAGE - 151], 0xee);
	osm_mmap.release(&osm_mmap, start, 14 * PAGE - 150, reach);
}

static void system_purge_zeroes_and_may_be_used_again(void **state)
{
	struct osm_backend *both[] = {&osm_mmap, &osm_brk};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(both); i++) {
		size_t reach = 0;
		char *start = both[i]->grow(both[i], NULL, 8 * PAGE, &reach), *page;

		assert_non_null(start);
		page = start + (-(uintptr_t)start & (PAGE - 1)) + PAGE;
		memset(start, 0x77, 8 * PAGE);
		assert_true(both[i]->purge(both[i], page, 4 * PAGE));
		assert_int_equal(page[-1], 0x77);
		assert_int_equal(page[0] | page[4 * PAGE - 1], 0);
		assert_int_equal(page[4 * PAGE], 0x77);
		memset(start, 0x77, 8 * PAGE);
		assert_false(both[i]->purge(both[i], (char *)(UINTPTR_MAX & ~(PAGE - 1)) - PAGE, PAGE));
		both[i]->release(both[i], start, 8 * PAGE, reach);
	}
}

/* More regions than the backend has places for: the others are committed exactly, and all else is as ever. */
static void mmap_many_regions(void **state)
{
	static char *starts[80];
	static size_t reaches[80];
	size_t unused = 0;

	(void)state;
	if (!LIMITS_CAN_BE_SET || sizeof(size_t) == 4)
		skip();
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		starts[i] = osm_mmap.grow(&osm_mmap, NULL, 100, &reaches[i]);
		assert_non_null(starts[i]);
	}
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		assert_ptr_equal(osm_mmap.grow(&osm_mmap, starts[i] + 100, 3 * PAGE, &unused), starts[i] + 100);
		memset(starts[i], (int)i, 3 * PAGE + 100);
	}
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		assert_int_equal((unsigned char)starts[i][3 * PAGE + 99], i);
		assert_true(osm_mmap.trim(&osm_mmap, starts[i] + 3 * PAGE + 100, 2 * PAGE));
		assert_ptr_equal(osm_mmap.grow(&osm_mmap, starts[i] + PAGE + 100, PAGE, &unused), starts[i] + PAGE + 100);
		memset(starts[i], (int)i, 2 * PAGE + 100);
		osm_mmap.release(&osm_mmap, starts[i], 2 * PAGE + 100, reaches[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mmap_reservation_halved_until_granted),
		cmocka_unit_test(mmap_reservation_refused),
		cmocka_unit_test(mmap_commitment_refused),
		cmocka_unit_test(mmap_commits_exactly_where_more_is_refused),
		cmocka_unit_test(mmap_grows_in_small_steps_commits_in_large_ones),
		cmocka_unit_test(mmap_trimmed_grows_again_zero),
		cmocka_unit_test(system_purge_zeroes_and_may_be_used_again),
		cmocka_unit_test(mmap_many_regions),
	};

	return !!cmocka_run_group_tests_name("mmap", tests, NULL, NULL);
}
