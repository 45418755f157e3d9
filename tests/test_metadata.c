/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The source of metadata memory: each piece is zero, aligned and nobody else's, small ones share pages where that saves
 * memory, and all of it goes back.
 */
#include "support/unit.h"
#include "support/world.h"

#include "framework/metadata.c"

enum { PIECES = 400 };

static struct osm_mock mock;
static struct metadata metadata;

/* Over a mock that says that its memory is lazy, or that it is not; fresh memory is dirty, or promised to be zero. */
static void begin(bool lazy, unsigned char dirt, size_t page)
{
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	osm_mock_plan(&mock, &(struct osm_mock_plan){.dirt = dirt, .page_size = page});
	if (lazy)
		mock.backend.promises |= OSM_PROMISE_MAP_LAZY;
	metadata_init(&metadata, &mock.backend);
	assert_int_equal(mock.calls, 0);
}

static void end(void)
{
	metadata_release(&metadata);
	assert_int_equal(mock.mapped_bytes, 0);
}

static char *take(size_t n)
{
	char *p = metadata.source.take(&metadata.source, n);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % LINE, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
	return p;
}

static size_t size_of(size_t i)
{
	return 1 + i * i % 997 * (i % 7 == 0 ? 9 : 1);
}

static void pieces_are_zero_and_apart(void **state)
{
	static char *pieces[PIECES];

	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		begin(kind & 1, kind & 2 ? 0xdb : 0, kind & 4 ? 65536 : 4096);
		for (size_t i = 0; i < PIECES; i++)
			memset(pieces[i] = take(size_of(i)), (int)(i | 1), size_of(i));
		for (size_t i = 0; i < PIECES; i++)
			for (size_t at = 0; at < size_of(i); at++)
				assert_int_equal((unsigned char)pieces[i][at], (i | 1) & 0xff);
		assert_int_equal(metadata.refused, 0);
		end();
	}
}

/* A page has its header's line and 63 lines of pieces; one that does not fit begins the next page. */
static void small_pieces_fill_pages(void **state)
{
	char *first;

	(void)state;
	begin(true, 0, 4096);
	first = take(1);
	for (size_t i = 1; i < 63; i++)
		assert_ptr_equal(take(64), first + 64 * i);
	assert_int_equal(mock.calls, 1);
	take(64);
	assert_int_equal(mock.calls, 2);
	assert_int_equal(mock.mapped_bytes, 2 * 4096);
	for (size_t i = 0; i < 3; i++)
		take(1024);
	assert_int_equal(mock.calls, 2);
	take(1024); /* 62 - 48 = 14 lines are left, and 16 are wanted */
	assert_int_equal(mock.calls, 3);
	end();
}

/* Above a quarter of a page a piece has a mapping of its own, and so has each where memory costs before it is touched:
 * the piece in whole lines, and a line for the header. */
static void large_pieces_have_mappings_of_their_own(void **state)
{
	(void)state;
	begin(true, 0, 4096);
	take(1024);
	assert_int_equal(mock.mapped_bytes, 4096);
	take(1025);
	assert_int_equal(mock.mapped_bytes, 4096 + 1088 + 64);
	take(100000);
	assert_int_equal(mock.mapped_bytes, 4096 + 1088 + 64 + 100032 + 64);
	take(64); /* the page that small ones are cut from is still the same */
	assert_int_equal(mock.calls, 3);
	end();
	begin(false, 0, 4096);
	for (size_t i = 1; i < 10; i++) {
		take(i == 5 ? 64 : 65);
		assert_int_equal(mock.mapped_bytes, i * (128 + 64) - (i >= 5 ? 64 : 0));
	}
	end();
}

static void refused_memory_is_counted_and_had_later(void **state)
{
	static const size_t sizes[] = {64, 5000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		begin(true, 0, 4096);
		osm_mock_plan(&mock, &(struct osm_mock_plan){.fail_nth = 1});
		assert_null(metadata.source.take(&metadata.source, sizes[i]));
		assert_int_equal(metadata.refused, 1);
		take(sizes[i]);
		assert_int_equal(metadata.refused, 1);
		end();
	}
}

/* What no backend can have, it is not asked for, and no sum goes round. */
static void sizes_beyond_all_memory_not_asked_for(void **state)
{
	static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX - 64, (size_t)PTRDIFF_MAX + 1, PTRDIFF_MAX - 127};

	(void)state;
	begin(true, 0, 4096);
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		assert_null(metadata.source.take(&metadata.source, sizes[i]));
	assert_int_equal(mock.calls, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zero_and_apart),
		cmocka_unit_test(small_pieces_fill_pages),
		cmocka_unit_test(large_pieces_have_mappings_of_their_own),
		cmocka_unit_test(refused_memory_is_counted_and_had_later),
		cmocka_unit_test(sizes_beyond_all_memory_not_asked_for),
	};

	return !!cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
