/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every fit beside the model on long streams: random ones in several mixtures of sizes, with thousands of live blocks, and
 * streams that are made to be hard on an index. With OSM_SLOW=1 in the environment each random stream of an indexed policy
 * has a million operations.
 */
#include "support/random.h"
#include "support/tandem.h"
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGION_BYTES ((size_t)64 << 20)
#define OWN_BYTES ((size_t)16 << 20)
#define SLOTS 4000
#define OPERATIONS_SLOW 1000000
#define OPERATIONS 20000
#define OPERATIONS_SCAN 2000
#define CELLS 512

struct stream {
	const char *name;
	enum mix mix;
	size_t size_max;
	size_t slots;     /* most live blocks */
	unsigned resize;  /* of 100 operations */
	unsigned aligned; /* of 100 allocations */
};

static const struct stream streams[] = {
	{"power-law", MIX_POWER_LAW, 20000, SLOTS, 5, 0},
	{"equal", MIX_EQUAL, 48, SLOTS, 0, 0},
	{"powers-of-two", MIX_POWERS_OF_TWO, 16384, SLOTS, 10, 0},
	{"realloc-heavy", MIX_POWER_LAW, 4000, 1500, 60, 0},
	{"large", MIX_UNIFORM, 200000, 100, 10, 0},
	{"aligned", MIX_UNIFORM, 600, 1000, 10, 30},
};

struct cell {
	const struct osm_policy *policy;
	size_t granule;
	size_t operations; /* of a random stream */
};

static struct tandem_space space;
static struct tandem tandem;
static uint64_t seed;

/* ---- Random streams */

static void do_random(const struct stream *stream, struct rng *rng, size_t fill)
{
	size_t slot = rng_below(rng, stream->slots), n = rng_size(rng, stream->mix, stream->size_max);
	size_t align = tandem.rig.config.granule;
	bool live = space.blocks[slot].p != NULL;

	if (rng_below(rng, 100) < stream->aligned)
		align <<= 1 + rng_below(rng, 6);
	if (live && rng_below(rng, 100) < stream->resize)
		tandem_resize(&tandem, slot, n);
	else if (live && rng_below(rng, 100) >= fill)
		tandem_free(&tandem, slot);
	else if (!live && rng_below(rng, 100) < fill)
		tandem_alloc(&tandem, slot, n, align);
}

static void run_random(const struct cell *cell, const struct stream *stream)
{
	/* the share of slots that are live goes up and down */
	static const size_t fills[] = {90, 50, 20, 70};
	size_t phase = 4 * stream->slots;
	struct rng rng;

	rng_begin(&rng, seed);
	tandem_begin(&tandem, &space, cell->policy, cell->granule, stream->name);
	tandem.exact = cell->granule != 16;
	for (size_t i = 0; tandem.op < cell->operations; i++) {
		do_random(stream, &rng, fills[i / phase % COUNT_OF(fills)]);
		if (i % 65536 == 0)
			tandem_compare(&tandem);
	}
	tandem_end(&tandem);
}

static void policy_long_random_streams_as_model(void **state)
{
	for (size_t i = 0; i < COUNT_OF(streams); i++)
		run_random(*state, streams + i);
}

/* ---- Hard streams */

static size_t count; /* blocks of a hard stream */

static void alloc(size_t slot, size_t n)
{
	tandem_alloc(&tandem, slot, n, tandem.rig.config.granule);
}

/* Free the blocks in every step-th of the slots from `from` on, in a random order. */
static void free_shuffled(struct rng *rng, size_t from, size_t step)
{
	static size_t order[SLOTS];
	size_t n = 0;

	for (size_t slot = from; slot < count; slot += step)
		if (space.blocks[slot].p)
			order[n++] = slot;
	for (; n > 0; n--) {
		size_t at = rng_below(rng, n), slot = order[at];
		order[at] = order[n - 1];
		tandem_free(&tandem, slot);
	}
}

/* Holes of the size that `size` names, each behind a live block, freed in a random order. */
static void make_holes(struct rng *rng, size_t (*size)(size_t i))
{
	for (size_t i = 0; i + 1 < count; i += 2) {
		alloc(i, 24);
		alloc(i + 1, size(i / 2));
	}
	free_shuffled(rng, 1, 2);
}

static size_t size_equal(size_t i)
{
	(void)i;
	return 100;
}

/* Every size once, from one granule on. */
static size_t size_stairs(size_t i)
{
	return 16 * (1 + i % 500);
}

/* Around the largest size that has a bin of its own, with a granule of 16; so few that they fit. */
static size_t size_bin_edge(size_t i)
{
	return i < 300 ? 16 * (4088 + i % 12) : 16 * (1 + i % 8);
}

/* As long as a piece of the index by address, or a granule more or less. */
static size_t size_piece_edge(size_t i)
{
	return 16 * (62 + i % 5);
}

/* Requests for the holes, from the largest to the smallest and back, each of which may take several times. */
static void ask_for_holes(size_t (*size)(size_t i))
{
	for (size_t i = 1; i < count; i += 2)
		alloc(i, size((count - i) / 2));
	for (size_t i = 1; i < count; i += 4)
		tandem_free(&tandem, i);
	for (size_t i = 1; i < count; i += 4)
		alloc(i, size(i / 2));
}

static void hard_equal_holes(struct rng *rng)
{
	make_holes(rng, size_equal);
	ask_for_holes(size_equal);
}

static void hard_stairs(struct rng *rng)
{
	make_holes(rng, size_stairs);
	ask_for_holes(size_stairs);
}

static void hard_bin_edge(struct rng *rng)
{
	make_holes(rng, size_bin_edge);
	ask_for_holes(size_bin_edge);
}

static void hard_piece_edge(struct rng *rng)
{
	make_holes(rng, size_piece_edge);
	ask_for_holes(size_piece_edge);
}

/* Requests that no hole can serve, one by one, with what is bought for them in between. */
static void hard_needles(struct rng *rng)
{
	make_holes(rng, size_equal);
	for (size_t i = 1; i < count; i += 2)
		alloc(i, 200 + i % 64);
	free_shuffled(rng, 1, 2);
}

/* Each free merges with nothing, with one neighbour, or with both; in the end there is one block. */
static void hard_merges(struct rng *rng)
{
	for (size_t i = 0; i < count; i++)
		alloc(i, 16 + i % 200);
	free_shuffled(rng, 0, 3);
	free_shuffled(rng, 1, 3);
	free_shuffled(rng, 2, 3);
	alloc(0, 100000);
	tandem_free(&tandem, 0);
}

/* One block comes and goes, and so do two in turns: what an index puts off, it has to do or may leave now. */
static void hard_hand(struct rng *rng)
{
	make_holes(rng, size_stairs);
	for (size_t i = 1; i < count; i += 2) {
		size_t a = i, b = (i + 1000) % (count - 1) | 1, n = size_stairs(rng_below(rng, 500));
		if (space.blocks[a].p)
			tandem_free(&tandem, a);
		if (space.blocks[b].p)
			tandem_free(&tandem, b);
		alloc(a, n);
		tandem_free(&tandem, a);
		alloc(a, n);
		if (a != b)
			alloc(b, n + 16);
		tandem_free(&tandem, a);
		alloc(a, n > 32 ? n - 32 : n);
	}
}

/* Blocks grow by turns into what lies behind them, and shrink again. */
static void hard_resizes(struct rng *rng)
{
	make_holes(rng, size_piece_edge);
	for (size_t round = 0; round < 8; round++)
		for (size_t i = 0; i + 1 < count; i += 2)
			tandem_resize(&tandem, i, round % 4 == 3 ? 24 : 24 + 150 * (round + i % 3));
}

/* A wall of free blocks goes through the heap, and what searches from where it was meets it from both sides. */
static void hard_wandering_gap(struct rng *rng)
{
	for (size_t i = 0; i < count; i++)
		alloc(i, 32 + i % 96);
	for (size_t from = 0; from + 64 < count; from += 16) {
		for (size_t i = from; i < from + 64; i++)
			tandem_free(&tandem, i);
		for (size_t i = from; i < from + 64; i++)
			alloc(i, 32 + rng_below(rng, 128));
	}
}

static const struct hard {
	const char *name;
	void (*run)(struct rng *rng);
} hards[] = {
	{"equal holes", hard_equal_holes},
	{"stairs", hard_stairs},
	{"bin edge", hard_bin_edge},
	{"piece edge", hard_piece_edge},
	{"needles", hard_needles},
	{"merges", hard_merges},
	{"hand", hard_hand},
	{"resizes", hard_resizes},
	{"wandering gap", hard_wandering_gap},
};

static void policy_hard_streams_as_model(void **state)
{
	const struct cell *cell = *state;
	struct rng rng;

	rng_begin(&rng, seed);
	count = cell->operations == OPERATIONS_SCAN ? SLOTS / 8 : SLOTS;
	for (size_t i = 0; i < COUNT_OF(hards); i++) {
		tandem_begin(&tandem, &space, cell->policy, cell->granule, hards[i].name);
		hards[i].run(&rng);
		tandem_end(&tandem);
	}
}

static void policy_long_streams_as_model(void **state)
{
	policy_hard_streams_as_model(state);
	policy_long_random_streams_as_model(state);
}

static size_t operations_for(const struct osm_policy *policy)
{
	const char *slow = getenv("OSM_SLOW");

	if (strstr(policy->name, "-scan"))
		return OPERATIONS_SCAN;
	return slow && strcmp(slow, "1") == 0 ? OPERATIONS_SLOW : OPERATIONS / THRIFT;
}

int main(void)
{
	static struct CMUnitTest tests[CELLS];
	static struct cell cells[CELLS];
	static char names[CELLS][64];
	static struct oracle oracle;
	size_t n = 0;

	seed = seed_from_environment();
	tandem_space_begin(&space, REGION_BYTES, OWN_BYTES, SLOTS);
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		for (size_t granule = (*p)->granule_min; granule <= (*p)->granule_max && granule <= 64; granule *= 2) {
			if (!oracle_begin(&oracle, (*p)->name, (*p)->layout, granule) || oracle.rule == ORACLE_BUDDY)
				continue;
			if (n == CELLS)
				abort();
			cells[n] = (struct cell){*p, granule, operations_for(*p)};
			snprintf(names[n], sizeof *names, "%s/%s granule %zu", (*p)->name, (*p)->layout, granule);
			tests[n] = (struct CMUnitTest){
				.name = names[n], .test_func = policy_long_streams_as_model, .initial_state = cells + n};
			n++;
		}
	}
	int failed = _cmocka_run_group_tests("streams", tests, n, NULL, NULL);
	tandem_space_end(&space);
	return failed != 0;
}
