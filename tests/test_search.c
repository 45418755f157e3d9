/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The search through the maxima of the index by address, from each piece to each: it finds what a look at every piece
 * finds, and looks at so many groups as the way up to the first common one and down again has.
 */
#include "support/audit.h"

#define OSM_LAYOUT bitmap
#define OSM_DEFINE_POLICY(name) static const struct osm_policy audited
#include "policies/first_fit.c"

enum { PIECES = 600, PIECE = WORD_BITS * 16, UNITS = 3 };

static struct rig rig;
static struct index *x;
static const struct pieces *pieces;

/* One block, which may be everything; the index has nothing filed. */
static void open_all(void)
{
	audit_begin(&rig, &audited, PIECES * PIECE - 16);
	assert_true(rig_region(&rig, PIECES * PIECE - 16));
	audit_alloc(&rig, PIECES * PIECE - 16);
	x = &((struct engine *)(void *)rig.state)->index;
	pieces = rig.region[0].index;
	assert_int_equal(pieces->count, PIECES);
	assert_int_equal(pieces->levels, 3); /* 600, 38, 3, and one more would have a group of its own */
}

/* The levels up to the one where the search from `from` on meets a group that holds `to`. */
static size_t levels_between(size_t from, size_t to)
{
	size_t levels = 0;

	while (from / FAN != to / FAN) {
		from = from / FAN + 1;
		to /= FAN;
		levels++;
	}
	return levels;
}

/* Steps that a search took; what it found is compared. */
static size_t search(size_t from, int32_t units, size_t expected)
{
	size_t before = x->space.steps;

	assert_int_equal(pieces_search(x, pieces, from, units), expected);
	return x->space.steps - before;
}

static void search_as_long_as_the_way(void **state)
{
	(void)state;
	open_all();
	for (size_t to = 0; to < PIECES; to += to % FAN == 2 ? 13 : 1) {
		struct block *b = block_at(x, pieces, to * WORD_BITS + 5);

		index_file(x, b, UNITS * 16);
		for (size_t from = 0; from <= to; from++) {
			assert_int_equal(search(from, UNITS, to), 2 * levels_between(from, to) + 1);
			assert_in_range(search(from, UNITS + 1, NOWHERE), 1, pieces->levels);
		}
		for (size_t from = to + 1; from < PIECES; from++)
			assert_in_range(search(from, UNITS, NOWHERE), 1, pieces->levels);
		assert_int_equal(search(PIECES, UNITS, NOWHERE), 0);
		assert_true(index_unfile(x, b, UNITS * 16));
		assert_int_equal(search(0, 1, NOWHERE), pieces->levels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(search_as_long_as_the_way)};

	return !!cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
