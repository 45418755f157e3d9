/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every policy that the oracle knows, decision for decision: the address of each allocation, the answer of each resize,
 * the price of what does not fit, and all blocks after each operation, on random streams. test_exhaustive.c has all short
 * streams.
 */
#include "support/pair.h"
#include "support/random.h"
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES (1u << 20)
#define OWN_BYTES (1u << 17)
#define CELLS 256

struct stream {
	const char *name;
	enum mix mix;
	size_t size_max;
	size_t reach;  /* of a region */
	unsigned fill; /* of 100 operations this many allocate, this many resize; the others free */
	unsigned resize;
	unsigned aligned; /* of 100 allocations */
};

static const struct stream streams[] = {
	{"power-law", MIX_POWER_LAW, 4000, MEMORY_BYTES, 50, 5, 0},
	{"equal", MIX_EQUAL, 48, MEMORY_BYTES, 50, 0, 0},
	{"powers-of-two", MIX_POWERS_OF_TWO, 1024, MEMORY_BYTES, 50, 10, 0},
	{"realloc-heavy", MIX_POWER_LAW, 600, MEMORY_BYTES, 25, 60, 0},
	{"aligned", MIX_UNIFORM, 300, MEMORY_BYTES, 50, 10, 40},
	{"small-regions", MIX_UNIFORM, 700, 16384, 52, 16, 5},
	{"few-small", MIX_POWER_LAW, 64, 4096, 49, 10, 10},
};

struct cell {
	const struct osm_policy *policy;
	size_t granule;
};

static char *memory, *own;
static uint64_t seed;
static struct pair pair;

static void do_random(const struct stream *stream, struct rng *rng)
{
	size_t roll = rng_below(rng, 100);
	size_t n = rng_size(rng, stream->mix, stream->size_max);
	size_t align = pair.rig.config.granule;

	if (rng_below(rng, 100) < stream->aligned)
		align <<= 1 + rng_below(rng, 6);
	if (pair.live_count == 0 || (roll < stream->fill && pair.live_count < PAIR_LIVE))
		pair_alloc(&pair, n, align);
	else if (roll < stream->fill + stream->resize)
		pair_resize(&pair, rng_below(rng, pair.live_count), n);
	else
		pair_free(&pair, rng_below(rng, pair.live_count));
}

static void run_stream(const struct cell *cell, const struct stream *stream, unsigned operations)
{
	struct rig_space space = {memory, MEMORY_BYTES, stream->reach, 0, own, OWN_BYTES, false};
	struct rng rng;

	if (stream->reach < MEMORY_BYTES)
		space.gap = 4096 + 16;
	rng_begin(&rng, seed);
	pair_begin(&pair, cell->policy, cell->granule, &space);
	for (unsigned i = 0; i < operations; i++) {
		do_random(stream, &rng);
		if (pair.oracle.count < 32 || i % 16 == 0)
			pair_compare(&pair);
		if (i % 64 == 0)
			pair_check(&pair);
	}
	while (pair.live_count > 0)
		pair_free(&pair, pair.live_count - 1);
	pair_compare(&pair);
	pair_check(&pair);
}

static void policy_random_streams_as_oracle(void **state)
{
	const struct cell *cell = *state;

	for (size_t i = 0; i < COUNT_OF(streams); i++)
		run_stream(cell, streams + i, 4000 / THRIFT);
}

/* Wherever the first region begins, a block of any alignment fits into what was asked for it. */
static void policy_first_block_fits_its_price(void **state)
{
	static const size_t sizes[] = {1, 8, 20, 40, 64, 453};
	const struct cell *cell = *state;

	for (size_t offset = 0; offset < 128; offset += 16) {
		struct rig_space space = {memory + offset, 65536, 65536, 0, own, OWN_BYTES, false};

		for (size_t shift = 0; shift < 7; shift++) {
			for (size_t i = 0; i < COUNT_OF(sizes); i++) {
				pair_begin(&pair, cell->policy, cell->granule, &space);
				pair_alloc(&pair, sizes[i], cell->granule << shift);
				assert_int_equal(pair.live_count, 1);
				pair_compare(&pair);
			}
		}
	}
}

static void policy_good_size_as_oracle(void **state)
{
	const struct cell *cell = *state;
	struct rig_space space = {memory, MEMORY_BYTES, MEMORY_BYTES, 0, own, OWN_BYTES, false};

	pair_begin(&pair, cell->policy, cell->granule, &space);
	for (size_t n = 1; n < 5000; n++)
		assert_int_equal(cell->policy->good_size(pair.rig.state, n), oracle_good_size(&pair.oracle, n));
}

static void oracle_all(void **state)
{
	policy_good_size_as_oracle(state);
	policy_first_block_fits_its_price(state);
	policy_random_streams_as_oracle(state);
}

int main(void)
{
	static struct CMUnitTest tests[CELLS];
	static struct cell cells[CELLS];
	static char names[CELLS][64];
	size_t count = 0;
	int failed;

	seed = seed_from_environment();
	memory = aligned_alloc(MEMORY_BYTES, MEMORY_BYTES);
	own = aligned_alloc(64, OWN_BYTES);
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		for (size_t granule = (*p)->granule_min; granule <= (*p)->granule_max && granule <= 64; granule *= 2) {
			if (!oracle_begin(&pair.oracle, (*p)->name, (*p)->layout ? (*p)->layout : "", granule))
				continue;
			if (count == CELLS)
				abort();
			cells[count].policy = *p;
			cells[count].granule = granule;
			snprintf(names[count], sizeof *names, "%s/%s granule %zu", (*p)->name, (*p)->layout, granule);
			tests[count].name = names[count];
			tests[count].test_func = oracle_all;
			tests[count].initial_state = cells + count;
			count++;
		}
	}
	failed = _cmocka_run_group_tests("oracle", tests, count, NULL, NULL);
	free(memory);
	free(own);
	return failed != 0;
}
