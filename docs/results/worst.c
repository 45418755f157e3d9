/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What best fit does worst on, after Robson 1977: the program of `osmem generate`, whose calls go to a heap here.
 */
#include "docs/results/results.h"

#include "tools/osmem/model.h"

#include <stdio.h>
#include <stdlib.h>

enum { UNIT = 64, UNITS = 1 << 14, MOST_MAX = 512 };

/* A program that runs on a heap: each block by its name. */
static struct {
	struct osm_heap *heap;
	void **blocks;
} run;

uint64_t synth_alloc(struct synth *synth, uint64_t size)
{
	run.blocks[synth->next_id] = osm_heap_alloc(run.heap, size);
	if (!run.blocks[synth->next_id])
		give_up("the worst case of best fit: memory ran out");
	return synth->next_id++;
}

void synth_free(struct synth *synth, uint64_t id)
{
	(void)synth;
	osm_heap_free(run.heap, run.blocks[id]);
}

bool synth_goes_on(struct synth *synth)
{
	(void)synth;
	return true;
}

void synth_out_of_memory(struct synth *synth)
{
	(void)synth;
	give_up("the worst case of best fit: memory ran out");
}

static void measure(const char *policy, uint64_t most)
{
	struct synth synth = {.options = {.live = UNITS * UNIT, .most = most * UNIT}};
	struct osm_stats stats;

	run.heap = result_heap(policy);
	run.blocks = calloc(4 * UNITS, sizeof *run.blocks); /* each single unit comes with two blocks more */
	if (!run.blocks)
		give_up("the worst case of best fit: memory ran out");
	model_best_fit(&synth);
	osm_heap_stats(run.heap, &stats);
	printf("{\"what\": \"worst\", \"policy\": \"%s\", \"n\": %u, \"need\": %.4f}\n", policy, (unsigned)most,
	       (double)stats.heap_bytes / UNIT / UNITS);
	free(run.blocks);
	osm_heap_destroy(run.heap);
}

void run_worst(void)
{
	for (int policy = 0; policy < RESULT_POLICIES; policy++)
		for (uint64_t most = 8; most <= MOST_MAX; most *= 2)
			measure(result_policies[policy], most);
}
