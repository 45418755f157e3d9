/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Knuth's fifty-percent rule: in equilibrium, with n live blocks, there are about p n / 2 free ones, where p is the
 * probability that a request is not served by a block that fits exactly. Source: Knuth 1973, volume 1, 2.5.
 *
 * The equilibrium: a random block is freed, and one of random size requested in its place, again and again. Sizes are
 * uniform over `kinds` multiples of the granule: few kinds fit exactly often.
 */
#include "docs/results/results.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIVE_MAX = 4096, GRANULE = 16, TURNS = 40, SAMPLES = 1500 };

static void *blocks[LIVE_MAX];

static size_t free_blocks(struct osm_heap *heap)
{
	struct osm_stats stats;

	osm_heap_stats(heap, &stats);
	return stats.free_blocks;
}

/* Free one block and request another in its place. Was the request served by a free block, and with a rest? */
static void turn(struct osm_heap *heap, size_t live, size_t kinds, size_t *served, size_t *cut)
{
	size_t i = random_below(live), before = 0, after;

	osm_heap_free(heap, blocks[i]);
	if (served)
		before = free_blocks(heap);
	blocks[i] = osm_heap_alloc(heap, GRANULE * (1 + random_below(kinds)));
	if (!blocks[i])
		give_up("the fifty-percent rule: memory ran out");
	if (served) {
		after = free_blocks(heap);
		*served += 1;
		*cut += after == before;
	}
}

static void measure(const char *policy, size_t live, size_t kinds)
{
	struct osm_heap *heap = result_heap(policy);
	size_t served = 0, cut = 0;
	double sum = 0;

	for (size_t i = 0; i < live; i++)
		blocks[i] = osm_heap_alloc(heap, GRANULE * (1 + random_below(kinds)));
	for (size_t i = 0; i < TURNS * live; i++)
		turn(heap, live, kinds, NULL, NULL);
	for (size_t i = 0; i < SAMPLES; i++) {
		turn(heap, live, kinds, &served, &cut);
		sum += (double)free_blocks(heap);
	}
	printf("{\"what\": \"fifty\", \"policy\": \"%s\", \"live\": %zu, \"kinds\": %zu, \"free\": %.1f, \"p\": %.4f}\n",
	       policy, live, kinds, sum / SAMPLES, (double)cut / (double)served);
	osm_heap_destroy(heap);
}

void run_fifty(void)
{
	static const size_t kinds[] = {4, 16, 64, 256, 1024};

	for (int policy = 0; policy < 2; policy++) {
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			measure(result_policies[policy], 1024, kinds[k]);
		for (size_t live = 64; live <= LIVE_MAX; live *= 4)
			measure(result_policies[policy], live, 1024);
	}
}
