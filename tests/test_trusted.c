/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy that is told to trust its caller decides as it does otherwise, and takes no memory for a ledger: for every
 * policy and layout, one random program on the same addresses, twice.
 */
#include "support/random.h"
#include "support/rig.h"
#include "support/unit.h"

#include <osmem/block_meta.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES ((size_t)256 << 10)
#define OWN_BYTES ((size_t)64 << 10)
#define REACH ((size_t)64 << 10)
#define STEPS 1500

/* What one run did. */
struct run {
	size_t decisions[STEPS]; /* where a block came to lie, or whether it could be resized */
	struct picture picture;
	size_t metadata_bytes;
	unsigned ledgers; /* regions that have one */
};

static _Alignas(4096) char memory[MEMORY_BYTES], own[OWN_BYTES];
static struct rig rig;
static struct run careful, trusting;
static uint64_t seed;

static size_t decide(struct rng *rng)
{
	size_t i = rng_below(rng, SCRIPT_SLOTS);
	struct script_op op = {SCRIPT_ALLOC, (unsigned)i, rng_size(rng, MIX_POWER_LAW, 2000), 1};
	const char *problem;

	if (rig.slots[i])
		op.call = rng_below(rng, 3) == 0 ? SCRIPT_RESIZE : SCRIPT_FREE;
	else if (rng_below(rng, 8) == 0)
		op.align = (size_t)32 << rng_below(rng, 4);
	problem = rig_apply(&rig, &op);
	if (problem)
		fail_msg("%s %s: %s", rig.policy->name, rig.policy->layout, problem);
	if (op.call == SCRIPT_ALLOC)
		return (size_t)((char *)rig.slots[i] - memory);
	if (op.call == SCRIPT_RESIZE)
		return rig.policy->usable_size(rig.state, rig.slots[i]);
	rig.slots[i] = NULL;
	return 0;
}

static void run_begin(const struct osm_policy *policy, bool trusted)
{
	struct rig_space space = {memory, sizeof memory, REACH, 0, own, sizeof own, trusted};

	rig_begin(&rig, policy, 16, &space);
}

static void run(struct run *run, const struct osm_policy *policy, bool trusted)
{
	struct osm_fault fault = {0};
	struct rng rng;

	memset(run, 0, sizeof *run);
	rng_begin(&rng, seed);
	run_begin(policy, trusted);
	for (size_t step = 0; step < STEPS; step++)
		run->decisions[step] = decide(&rng);
	assert_true(policy->check(rig.state, &fault));
	rig_draw(&rig, &run->picture);
	run->metadata_bytes = policy->metadata_bytes(rig.state);
	/* The layout bitmap knows owners by the maps that it has anyway. */
	for (unsigned i = 0; i < rig.region_count && strcmp(policy->layout, "bitmap") != 0; i++)
		run->ledgers += rig.region[i].ledger != NULL;
}

static void same_decisions_without_ledger(void **state)
{
	const struct osm_policy *policy = *state;

	run(&careful, policy, false);
	run(&trusting, policy, true);
	for (size_t step = 0; step < STEPS; step++)
		if (careful.decisions[step] != trusting.decisions[step])
			fail_msg("step %zu: %zu where a policy that does not trust has %zu", step, trusting.decisions[step],
			         careful.decisions[step]);
	assert_string_equal(trusting.picture.text, careful.picture.text);
	assert_int_equal(trusting.ledgers, 0);
	if (careful.ledgers == 0)
		assert_int_equal(trusting.metadata_bytes, careful.metadata_bytes);
	else
		assert_in_range(trusting.metadata_bytes, 0, careful.metadata_bytes - 1);
}

/* What trusting saves besides: the look at headers. A broken seal stops a careful policy, and this one goes on. */
static void seal_not_looked_at(void **state)
{
	const struct osm_policy *policy = *state;

	for (int trusted = 0; trusted < 2; trusted++) {
		struct script_op op = {SCRIPT_ALLOC, 0, 100, 1};
		struct block_meta *header;

		run_begin(policy, trusted);
		assert_null(rig_apply(&rig, &op));
		header = (struct block_meta *)rig.slots[0] - 1;
		header->check ^= 1;
		assert_int_equal(policy->free(rig.state, rig.slots[0]), trusted);
		assert_int_equal(rig.fault.kind, trusted ? OSM_FAULT_NONE : OSM_FAULT_DAMAGED);
	}
}

static struct CMUnitTest tests[64];
static size_t test_count;

static void add(const char *name, CMUnitTestFunction test, const struct osm_policy *policy)
{
	static char names[COUNT_OF(tests)][100];
	char *full = names[test_count];

	if (test_count == COUNT_OF(tests))
		abort();
	snprintf(full, sizeof names[0], "%s: %s/%s", name, policy->name, policy->layout);
	tests[test_count++] = (struct CMUnitTest){full, test, NULL, NULL, (void *)(uintptr_t)policy};
}

int main(void)
{
	seed = seed_from_environment();
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		add("same_decisions_without_ledger", same_decisions_without_ledger, *p);
		if (strcmp((*p)->layout, "meta") == 0)
			add("seal_not_looked_at", seal_not_looked_at, *p);
	}
	return _cmocka_run_group_tests("trusted", tests, test_count, NULL, NULL) != 0;
}
