/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model beside the oracle, without a policy: on random streams both give the same addresses, answers and prices, and
 * have the same blocks. So what is equal to the model is equal to the oracle, which is too slow for long streams.
 */
#include "support/model.h"
#include "support/random.h"
#include "support/unit.h"

#include <stdio.h>
#include <string.h>

#define OPERATIONS (20000 / THRIFT)
#define LIVE 1000
#define REGIONS_MAX 4
#define REACH ((size_t)1 << 18)
#define BASE ((uintptr_t)1 << 20) /* nobody touches what is there */

static const char *const policies[] = {"first-fit", "next-fit", "best-fit", "best-fit-lifo", "worst-fit"};

struct stream {
	const char *name;
	enum mix mix;
	size_t size_max;
	unsigned resize;  /* of 100 operations */
	unsigned aligned; /* of 100 allocations */
};

static const struct stream streams[] = {
	{"power-law", MIX_POWER_LAW, 3000, 5, 0},
	{"equal", MIX_EQUAL, 48, 0, 0},
	{"powers-of-two", MIX_POWERS_OF_TWO, 2048, 10, 0},
	{"realloc-heavy", MIX_POWER_LAW, 600, 50, 0},
	{"uniform", MIX_UNIFORM, 700, 10, 0},
	{"aligned", MIX_UNIFORM, 300, 10, 40},
};

static uint64_t seed;
static struct oracle oracle;
static struct model model;
static struct model_block table[REGIONS_MAX * REACH / 8 + 1];
static uintptr_t live[LIVE];
static size_t live_count;

/* What is bought for a price; false: nothing. Regions lie one behind the other, with as much between them as they are long. */
static bool pay(const struct osm_shortfall *price)
{
	unsigned count = oracle.region_count;
	uintptr_t start = BASE + 2 * REACH * (count > 0 ? count - 1 : 0),
			  end = count > 0 ? oracle.regions[count - 1].end : 0;
	bool grows = count > 0 && price->more > 0 && end + oracle.mark + price->more <= start + REACH;

	if (!grows && (count == REGIONS_MAX / 2 || price->fresh == 0 || price->fresh > REACH))
		return false;
	start = grows ? start : BASE + 2 * REACH * count;
	end = grows ? end + oracle.mark + price->more : start + price->fresh;
	oracle_extend(&oracle, start, end);
	model_extend(&model, start, end);
	return true;
}

static void assert_same_price(const struct osm_shortfall *a, const struct osm_shortfall *b)
{
	assert_int_equal(a->more, b->more);
	assert_int_equal(a->fresh, b->fresh);
}

static uintptr_t alloc_both(size_t n, size_t align)
{
	struct osm_shortfall price = {0, 0}, expected = {0, 0};
	uintptr_t p = model_alloc(&model, n, align, &price), q = oracle_alloc(&oracle, n, align, &expected);

	assert_int_equal(p, q);
	if (q)
		return q;
	assert_same_price(&price, &expected);
	/* for more than a granule's alignment the price may be too low */
	if (align > oracle.granule)
		expected.more = expected.fresh = n + 2 * align + 256;
	if (!pay(&expected))
		return 0;
	p = model_alloc(&model, n, align, &price);
	assert_int_equal(p, oracle_alloc(&oracle, n, align, &expected));
	return p;
}

static void free_both(size_t i)
{
	oracle_free(&oracle, live[i]);
	model_free(&model, live[i]);
	live[i] = live[--live_count];
}

static void resize_both(size_t i, size_t n)
{
	struct osm_shortfall price = {0, 0}, expected = {0, 0};

	for (bool paid = true; paid;) {
		bool done = model_resize(&model, live[i], n, &price);
		assert_int_equal(done, oracle_resize(&oracle, live[i], n, &expected));
		if (!done)
			assert_same_price(&price, &expected);
		expected.fresh = 0;
		paid = !done && expected.more > 0 && pay(&expected);
	}
}

static void compare_blocks(void)
{
	uintptr_t start = model_next(&model, 0);

	for (size_t i = 0; i < oracle.count; i++) {
		assert_int_equal(start, oracle.blocks[i].start);
		assert_int_equal(model_bytes(&model, start), oracle.blocks[i].bytes);
		assert_int_equal(model_is_free(&model, start), oracle.blocks[i].free);
		start = model_next(&model, start);
	}
	assert_int_equal(start, 0);
	assert_int_equal(model.rover, oracle.rover);
}

static void do_random(const struct stream *stream, struct rng *rng, size_t fill)
{
	size_t roll = rng_below(rng, 100), n = rng_size(rng, stream->mix, stream->size_max), align = oracle.granule;

	if (rng_below(rng, 100) < stream->aligned)
		align <<= 1 + rng_below(rng, 6);
	if (live_count > 0 && roll < stream->resize) {
		resize_both(rng_below(rng, live_count), n);
	} else if (live_count == 0 || (rng_below(rng, 100) < fill && live_count < LIVE)) {
		uintptr_t p = alloc_both(n, align);
		if (p)
			live[live_count++] = p;
	} else {
		free_both(rng_below(rng, live_count));
	}
}

static void run_stream(const char *policy, const char *layout, size_t granule, const struct stream *stream)
{
	struct rng rng;

	rng_begin(&rng, seed);
	assert_true(oracle_begin(&oracle, policy, layout, granule));
	memset(table, 0, sizeof table); /* a stream that failed leaves it as it is */
	model_begin(&model, &oracle, table, COUNT_OF(table));
	live_count = 0;
	for (size_t i = 0; i < OPERATIONS; i++) {
		/* the heap grows, shrinks, and grows again */
		do_random(stream, &rng, i / 2000 % 2 ? 42 : 58);
		if (i % 64 == 0)
			compare_blocks();
	}
	while (live_count > 0)
		free_both(live_count - 1);
	compare_blocks();
	model_end(&model);
}

static void model_random_streams_as_oracle(void **state)
{
	const char *policy = *state;

	/* a layout's name and a granule that it can have */
	static const struct {
		const char *layout;
		size_t granule;
	} cells[] = {{"meta", 8}, {"meta", 16}, {"tag", 8},    {"tag", 16},    {"tag", 64},
	             {"wide", 8}, {"wide", 16}, {"bitmap", 8}, {"bitmap", 16}, {"bitmap", 64}};

	for (size_t cell = 0; cell < COUNT_OF(cells); cell++)
		for (size_t i = 0; i < COUNT_OF(streams); i++)
			run_stream(policy, cells[cell].layout, cells[cell].granule, streams + i);
}

/* The shelf, against an array that is searched from its first entry. */
static void shelf_random_changes_agree_with_array(void **state)
{
	enum { ENTRIES = 2000 };
	static size_t bytes[ENTRIES]; /* by key; 0: not on the shelf */
	struct shelf shelf = {0};
	struct rng rng;

	(void)state;
	rng_begin(&rng, seed);
	for (size_t step = 0; step < 100000 / THRIFT; step++) {
		size_t at = rng_below(&rng, ENTRIES), least = 1 + rng_below(&rng, 5000);
		struct shelf_entry entry = {{at / 7, at % 7}, at + 1, 1 + rng_below(&rng, 5000)};
		if (bytes[at])
			shelf_remove(&shelf, entry.key);
		else
			shelf_add(&shelf, &entry);
		bytes[at] = bytes[at] ? 0 : entry.bytes;
		at = rng_below(&rng, ENTRIES);
		const struct shelf_entry *found = shelf_find(&shelf, (struct shelf_key){at / 7, at % 7}, least);
		while (at < ENTRIES && bytes[at] < least)
			at++;
		assert_int_equal(found ? found->start : ENTRIES + 1, at + 1);
	}
	shelf_clear(&shelf);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(policies) + 1];
	static char names[COUNT_OF(policies)][64];

	seed = seed_from_environment();
	for (size_t i = 0; i < COUNT_OF(policies); i++) {
		snprintf(names[i], sizeof *names, "model_random_streams_as_oracle %s", policies[i]);
		tests[i] = (struct CMUnitTest){.name = names[i],
		                               .test_func = model_random_streams_as_oracle,
		                               .initial_state = (void *)(uintptr_t)policies[i]};
	}
	tests[COUNT_OF(policies)] = (struct CMUnitTest)cmocka_unit_test(shelf_random_changes_agree_with_array);
	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
