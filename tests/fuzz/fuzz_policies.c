/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Operation streams on every policy, layout and granule that the oracle knows, decision for decision beside it; the first
 * bytes choose among them.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz.h"

#include "support/pair.h"
#include "support/unit.h"

#include <stdlib.h>

enum { MEMORY_BYTES = 1 << 18, OWN_BYTES = 1 << 17, CELLS = 256 };

static struct {
	const struct osm_policy *policy;
	size_t granule;
} cells[CELLS];

static size_t cell_count;
static char *memory, *own;
static struct pair pair;

static void find_cells(void)
{
	setenv("CMOCKA_TEST_ABORT", "1", 1); /* what is not so aborts, instead of ending one test */
	memory = aligned_alloc(MEMORY_BYTES, MEMORY_BYTES);
	own = aligned_alloc(64, OWN_BYTES);
	if (!memory || !own)
		abort();
	for (const struct osm_policy *const *p = osm_policies(); *p; p++)
		for (size_t granule = (*p)->granule_min; granule <= (*p)->granule_max && granule <= 64; granule *= 2)
			if (cell_count < CELLS &&
			    oracle_begin(&pair.oracle, (*p)->name, (*p)->layout ? (*p)->layout : "", granule)) {
				cells[cell_count].policy = *p;
				cells[cell_count++].granule = granule;
			}
}

static void do_one(struct fuzz_input *input)
{
	uint8_t what = fuzz_byte(input), which = fuzz_byte(input);
	size_t align = pair.rig.config.granule;

	if (what % 2 == 0 && pair.live_count < PAIR_LIVE) {
		if (what % 16 == 0)
			align <<= 1 + which % 6;
		pair_alloc(&pair, fuzz_size(input) % 20000 + 1, align);
	} else if (pair.live_count > 0 && what % 4 == 1) {
		pair_free(&pair, which % pair.live_count);
	} else if (pair.live_count > 0) {
		pair_resize(&pair, which % pair.live_count, fuzz_size(input) % 20000 + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz_input input = {bytes, n};
	struct rig_space space = {.bytes = MEMORY_BYTES, .own_bytes = OWN_BYTES};
	size_t cell;

	if (cell_count == 0)
		find_cells();
	cell = fuzz_byte(&input) % cell_count;
	space.memory = memory;
	space.own = own;
	space.reach = fuzz_byte(&input) % 2 ? MEMORY_BYTES : 16384;
	space.gap = space.reach < MEMORY_BYTES ? 4096 + 16 : 0;
	pair_begin(&pair, cells[cell].policy, cells[cell].granule, &space);
	for (unsigned i = 1; input.left > 0; i++) {
		do_one(&input);
		if (i % 8 == 0)
			pair_compare(&pair);
	}
	pair_compare(&pair);
	pair_check(&pair);
	while (pair.live_count > 0)
		pair_free(&pair, pair.live_count - 1);
	pair_compare(&pair);
	pair_check(&pair);
	return 0;
}
