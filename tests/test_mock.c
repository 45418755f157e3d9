/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mock and the arena under it: what they answer, what they log, how they fail. Logs are tables of offsets.
 */
#include "support/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARENA 65536
#define NONE OSM_MOCK_NONE

static struct osm_mock mock;
static struct osm_mock_entry entries[64];

static int begin(void **state)
{
	(void)state;
	memset(&mock, 0, sizeof mock);
	osm_mock_init(&mock, world_memory(0), ARENA);
	osm_mock_log(&mock, entries, COUNT_OF(entries));
	return 0;
}

static size_t offset(const void *p)
{
	return p ? (size_t)((const char *)p - mock.arena.start) : NONE;
}

static void *address(size_t at)
{
	return at == NONE ? NULL : mock.arena.start + at;
}

static size_t grow(size_t end, size_t n)
{
	size_t reach = 0;
	size_t at = offset(mock.backend.grow(&mock.backend, address(end), n, &reach));

	if (end == NONE && at != NONE && reach < n)
		fail_msg("a region of %zu bytes can span %zu", n, reach);
	return at;
}

static size_t map(size_t n, size_t align)
{
	return offset(mock.backend.map(&mock.backend, n, align));
}

static void unmap(size_t at, size_t n)
{
	mock.backend.unmap(&mock.backend, address(at), n);
}

static size_t remap(size_t at, size_t from, size_t to)
{
	return offset(mock.backend.remap(&mock.backend, address(at), from, to));
}

static void assert_log(const struct osm_mock_entry *expected, size_t count)
{
	assert_int_equal(mock.calls, count);
	for (size_t i = 0; i < count; i++) {
		const struct osm_mock_entry *got = entries + i;

		if (got->call != expected[i].call || got->at != expected[i].at || got->n != expected[i].n ||
		    got->result != expected[i].result)
			fail_msg("log entry %zu is {%d, %td, %zu, %td}, should be {%d, %td, %zu, %td}", i, (int)got->call,
			         (ptrdiff_t)got->at, got->n, (ptrdiff_t)got->result, (int)expected[i].call,
			         (ptrdiff_t)expected[i].at, expected[i].n, (ptrdiff_t)expected[i].result);
	}
}

static void calls_logged_as_offsets(void **state)
{
	static const struct osm_mock_entry expected[] = {
		{OSM_MOCK_GROW, NONE, 100, 0},       /* not rounded */
		{OSM_MOCK_GROW, 100, 28, 100},       /* on from there */
		{OSM_MOCK_MAP, NONE, 4096, 61440},   /* from the high end */
		{OSM_MOCK_MAP, NONE, 8192, 53248},   /* downwards */
		{OSM_MOCK_UNMAP, 61440, 4096, NONE}, /* a hole */
		{OSM_MOCK_GROW, NONE, 16, 128},      /* a second region */
	};

	(void)state;
	grow(NONE, 100);
	grow(100, 28);
	map(4096, 16);
	map(8192, 4096);
	unmap(61440, 4096);
	grow(NONE, 16);
	assert_log(expected, COUNT_OF(expected));
	assert_int_equal(mock.fallible, 5);
	assert_int_equal(mock.failures, 0);
	assert_int_equal(mock.mapped_bytes, 8192);
}

static void log_full_calls_still_counted(void **state)
{
	(void)state;
	osm_mock_log(&mock, entries, 2);
	for (size_t i = 0; i < 5; i++)
		grow(i > 0 ? i * 16 : NONE, 16);
	assert_int_equal(mock.calls, 5);
	assert_int_equal(entries[1].at, 16);
	osm_mock_log(&mock, entries, COUNT_OF(entries));
	assert_int_equal(mock.calls, 0);
}

struct planned {
	struct osm_mock_plan plan;
	const char *outcome; /* of eight regions of 16, 32, ... 128 bytes: y or n */
};

static void plan_decides_which_call_fails(void **state)
{
	static const struct planned planned[] = {
		{{0}, "yyyyyyyy"},
		{{.fail_nth = 1}, "nyyyyyyy"},
		{{.fail_nth = 3}, "yynyyyyy"},
		{{.fail_nth = 9}, "yyyyyyyy"},
		{{.fail_from = 4}, "yyynnnnn"},
		{{.fail_every = 3}, "yynyynyy"},
		{{.fail_every = 1}, "nnnnnnnn"},
		{{.fail_over = 64}, "yyyynnnn"},
		{{.fail_nth = 1, .fail_from = 7, .fail_over = 80}, "nyyyynnn"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(planned); i++) {
		char outcome[9] = "";
		unsigned failures = 0;

		osm_mock_init(&mock, world_memory(0), ARENA);
		osm_mock_plan(&mock, &planned[i].plan);
		for (size_t k = 0; k < 8; k++) {
			errno = 0;
			outcome[k] = grow(NONE, 16 * (k + 1)) == NONE ? 'n' : 'y';
			assert_int_equal(errno, outcome[k] == 'n' ? ENOMEM : 0);
			failures += outcome[k] == 'n';
		}
		assert_string_equal(outcome, planned[i].outcome);
		assert_int_equal(mock.failures, failures);
		assert_int_equal(mock.fallible, 8);
	}
}

static void plan_set_counts_anew(void **state)
{
	struct osm_mock_plan plan = {.fail_nth = 2};

	(void)state;
	grow(NONE, 16);
	osm_mock_plan(&mock, &plan);
	assert_int_not_equal(grow(NONE, 16), NONE);
	assert_int_equal(map(16, 16), NONE);
	osm_mock_plan(&mock, NULL);
	assert_int_not_equal(map(16, 16), NONE);
	assert_int_not_equal(map(16, 16), NONE);
}

static void failed_call_changes_nothing(void **state)
{
	struct osm_mock_plan plan = {.fail_from = 1};
	size_t mapping = map(4096, 16);

	(void)state;
	grow(NONE, 64);
	osm_mock_plan(&mock, &plan);
	assert_int_equal(grow(64, 16), NONE);
	assert_int_equal(map(4096, 16), NONE);
	if (mock.backend.remap)
		assert_int_equal(remap(mapping, 4096, 8192), NONE);
	assert_int_equal(mock.mapped_bytes, 4096);
	osm_mock_plan(&mock, NULL);
	assert_int_equal(grow(64, 16), 64);
	unmap(mapping, 4096);
	assert_int_equal(mock.mapped_bytes, 0);
}

static void fixed_end_grows_fresh_only(void **state)
{
	struct osm_mock_plan plan = {.fixed_end = true};

	(void)state;
	osm_mock_plan(&mock, &plan);
	assert_int_equal(grow(NONE, 64), 0);
	assert_int_equal(grow(64, 16), NONE);
	assert_int_equal(grow(NONE, 64), 64);
}

static void gap_before_each_region(void **state)
{
	struct osm_mock_plan plan = {.gap = 48};

	(void)state;
	osm_mock_plan(&mock, &plan);
	assert_int_equal(grow(NONE, 64), 48);
	assert_int_equal(grow(112, 16), 112);
	assert_int_equal(grow(NONE, 64), 176);
}

static void region_not_the_newest_does_not_grow(void **state)
{
	(void)state;
	assert_int_equal(grow(NONE, 64), 0);
	assert_int_equal(grow(NONE, 64), 64);
	assert_int_equal(grow(64, 16), NONE);
	assert_int_equal(grow(128, 16), 128);
}

static bool all(size_t at, size_t n, unsigned char byte)
{
	const unsigned char *p = address(at);

	for (size_t i = 0; i < n; i++) {
		if (p[i] != byte)
			return false;
	}
	return true;
}

static void fresh_memory_zero_or_dirty(void **state)
{
	struct osm_mock_plan plan = {.dirt = 0xcd};
	size_t at;

	(void)state;
	memset(world_memory(0), 0x11, ARENA);
	assert_true(mock.backend.promises & OSM_PROMISE_MAP_ZEROED);
	at = map(4096, 16);
	assert_true(all(at, 4096, 0));
	memset(address(at), 0x22, 4096);
	unmap(at, 4096);
	assert_true(all(map(4096, 16), 4096, 0));
	osm_mock_plan(&mock, &plan);
	assert_false(mock.backend.promises & OSM_PROMISE_MAP_ZEROED);
	assert_true(all(map(4096, 16), 4096, 0xcd));
	assert_true(all(grow(NONE, 160), 160, 0xcd));
	assert_true(all(grow(160, 48), 48, 0xcd));
}

static void page_size_and_remap_as_planned(void **state)
{
	struct osm_mock_plan plan = {.page_size = 512, .no_remap = true};

	(void)state;
	assert_int_equal(mock.backend.page_size, 4096);
	osm_mock_plan(&mock, &plan);
	assert_int_equal(mock.backend.page_size, 512);
	assert_null(mock.backend.remap);
}

static void released_last_region_used_again(void **state)
{
	static const struct osm_mock_entry expected[] = {
		{OSM_MOCK_GROW, NONE, 96, 0},     {OSM_MOCK_GROW, NONE, 64, 96},   {OSM_MOCK_GROW, 160, 16, 160},
		{OSM_MOCK_RELEASE, 96, 80, NONE}, {OSM_MOCK_RELEASE, 0, 96, NONE}, {OSM_MOCK_GROW, NONE, ARENA, 0},
	};

	(void)state;
	assert_non_null(mock.backend.release);
	grow(NONE, 96);
	grow(NONE, 64);
	grow(160, 16);
	mock.backend.release(&mock.backend, address(96), 80, ARENA - 96);
	mock.backend.release(&mock.backend, address(0), 96, ARENA);
	grow(NONE, ARENA);
	assert_log(expected, COUNT_OF(expected));
	assert_int_equal(mock.fallible, 4);
}

static size_t trim(size_t end, size_t n)
{
	return mock.backend.trim(&mock.backend, address(end), n) ? end - n : NONE;
}

static void trimmed_region_ends_lower_and_grows_again(void **state)
{
	static const struct osm_mock_entry expected[] = {
		{OSM_MOCK_GROW, NONE, 96, 0}, {OSM_MOCK_TRIM, 96, 32, 64},     {OSM_MOCK_GROW, 64, 16, 64},
		{OSM_MOCK_TRIM, 96, 8, NONE}, {OSM_MOCK_GROW, NONE, 100, 80},  {OSM_MOCK_TRIM, 80, 16, NONE},
		{OSM_MOCK_TRIM, 180, 99, 81}, {OSM_MOCK_RELEASE, 80, 1, NONE}, {OSM_MOCK_RELEASE, 0, 80, NONE},
	};

	(void)state;
	grow(NONE, 96);
	assert_int_equal(trim(96, 32), 64);
	assert_int_equal(grow(64, 16), 64);
	assert_int_equal(trim(96, 8), NONE); /* nobody's end */
	grow(NONE, 100);
	assert_int_equal(trim(80, 16), NONE); /* another region lies behind */
	assert_int_equal(trim(180, 99), 81);
	mock.backend.release(&mock.backend, address(80), 1, ARENA);
	mock.backend.release(&mock.backend, address(0), 80, ARENA);
	assert_log(expected, COUNT_OF(expected));
	assert_int_equal(mock.fallible, 7);
	assert_ptr_equal(mock.arena.brk, mock.arena.start);
}

static void purged_pages_zero_and_no_others(void **state)
{
	(void)state;
	grow(NONE, 16384);
	memset(address(0), 0x55, 16384);
	assert_true(mock.backend.purge(&mock.backend, address(4096), 8192));
	assert_true(all(0, 4096, 0x55));
	assert_true(all(4096, 8192, 0));
	assert_true(all(12288, 4096, 0x55));
	assert_int_equal(entries[1].call, OSM_MOCK_PURGE);
	assert_int_equal(entries[1].at, 4096);
	assert_int_equal(entries[1].n, 8192);
	assert_int_equal(entries[1].result, 4096);
}

static void plan_refuses_trim_and_purge(void **state)
{
	struct osm_mock_plan plan = {.fail_from = 2};

	(void)state;
	osm_mock_plan(&mock, &plan);
	grow(NONE, 8192);
	memset(address(0), 0x66, 8192);
	assert_int_equal(trim(8192, 4096), NONE);
	assert_ptr_equal(mock.arena.brk, mock.arena.start + 8192);
	assert_false(mock.backend.purge(&mock.backend, address(0), 4096));
	assert_true(all(0, 8192, 0x66));
	assert_int_equal(mock.failures, 2);
	assert_int_equal(entries[2].call, OSM_MOCK_PURGE);
	assert_int_equal(entries[2].result, NONE);
}

static void remap_contents_kept(void **state)
{
	static const size_t sizes[] = {4096, 8192, 1024, 16384, 16384, 64};
	size_t at = map(1024, 16), n = 1024;

	(void)state;
	assert_non_null(mock.backend.remap);
	memset(address(at), 0x33, n);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		size_t moved = remap(at, n, sizes[i]);

		assert_int_not_equal(moved, NONE);
		assert_int_equal(entries[mock.calls - 1].call, OSM_MOCK_REMAP);
		assert_int_equal(entries[mock.calls - 1].at, at);
		assert_int_equal(entries[mock.calls - 1].n, sizes[i]);
		assert_int_equal(entries[mock.calls - 1].result, moved);
		assert_true(all(moved, n < sizes[i] ? n : sizes[i], 0x33));
		at = moved;
		n = sizes[i];
		memset(address(at), 0x33, n);
		assert_int_equal(mock.mapped_bytes, n);
	}
	unmap(at, n);
	assert_int_equal(mock.mapped_bytes, 0);
}

static void arena_full_gives_null(void **state)
{
	(void)state;
	assert_int_equal(grow(NONE, 40000), 0);
	assert_int_equal(map(24000, 16), ARENA - 24000);
	errno = 0;
	assert_int_equal(map(2000, 16), NONE);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(grow(40000, 2000), NONE);
	assert_int_equal(grow(NONE, 2000), NONE);
	assert_int_equal(map(SIZE_MAX, 16), NONE);
	assert_int_equal(map(16, SIZE_MAX / 2 + 1), NONE);
	assert_int_equal(grow(40000, SIZE_MAX), NONE);
	assert_int_equal(grow(NONE, SIZE_MAX - 8), NONE);
	assert_int_equal(mock.failures, 0);
	assert_int_equal(grow(40000, 1536), 40000);
}

static void unmapped_holes_used_again(void **state)
{
	size_t at[8];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(at); i++)
		at[i] = map(8192 - 64, 16);
	assert_int_equal(map(8192, 16), NONE);
	unmap(at[2], 8192 - 64);
	unmap(at[4], 8192 - 64);
	unmap(at[3], 8192 - 64);
	assert_int_equal(map(3 * (8192 - 64), 16), at[4]);
	unmap(at[4], 3 * (8192 - 64));
	for (size_t i = 7; i > 4; i--)
		unmap(at[i], 8192 - 64);
	unmap(at[0], 8192 - 64);
	unmap(at[1], 8192 - 64);
	assert_int_equal(mock.mapped_bytes, 0);
	assert_int_equal(grow(NONE, ARENA), 0);
}

static void mappings_aligned_and_apart(void **state)
{
	size_t low = ARENA;

	(void)state;
	for (size_t align = 16; align <= 8192; align *= 2) {
		size_t at = map(100, align);

		assert_int_not_equal(at, NONE);
		assert_int_equal((uintptr_t)address(at) % align, 0);
		assert_true(at + 100 <= low);
		low = at;
	}
}

static void arena_any_memory_aligned(void **state)
{
	struct osm_arena arena;

	(void)state;
	for (size_t shift = 0; shift < 16; shift++) {
		size_t reach = 0;
		char *memory = world_memory(0) + shift;
		char *p;

		osm_arena_init(&arena, memory, 1000);
		p = arena.backend.grow(&arena.backend, NULL, 900, &reach);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_in_range((uintptr_t)p, (uintptr_t)memory, (uintptr_t)memory + 100);
		assert_in_range(reach, 900, 1000);
	}
}

static void arena_alignment_beyond_it_refused(void **state)
{
	(void)state;
	assert_null(osm_arena.backend.map(&mock.arena.backend, 16, SIZE_MAX / 2 + 1));
	assert_int_equal(errno, ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(calls_logged_as_offsets, begin),
		cmocka_unit_test_setup(log_full_calls_still_counted, begin),
		cmocka_unit_test_setup(plan_decides_which_call_fails, begin),
		cmocka_unit_test_setup(plan_set_counts_anew, begin),
		cmocka_unit_test_setup(failed_call_changes_nothing, begin),
		cmocka_unit_test_setup(fixed_end_grows_fresh_only, begin),
		cmocka_unit_test_setup(gap_before_each_region, begin),
		cmocka_unit_test_setup(region_not_the_newest_does_not_grow, begin),
		cmocka_unit_test_setup(fresh_memory_zero_or_dirty, begin),
		cmocka_unit_test_setup(page_size_and_remap_as_planned, begin),
		cmocka_unit_test_setup(released_last_region_used_again, begin),
		cmocka_unit_test_setup(trimmed_region_ends_lower_and_grows_again, begin),
		cmocka_unit_test_setup(purged_pages_zero_and_no_others, begin),
		cmocka_unit_test_setup(plan_refuses_trim_and_purge, begin),
		cmocka_unit_test_setup(remap_contents_kept, begin),
		cmocka_unit_test_setup(arena_full_gives_null, begin),
		cmocka_unit_test_setup(unmapped_holes_used_again, begin),
		cmocka_unit_test_setup(mappings_aligned_and_apart, begin),
		cmocka_unit_test_setup(arena_any_memory_aligned, begin),
		cmocka_unit_test_setup(arena_alignment_beyond_it_refused, begin),
	};

	return !!cmocka_run_group_tests_name("mock", tests, NULL, NULL);
}
