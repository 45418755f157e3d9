/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An oracle for first fit: a byte for each granule of a small heap, so simple that it is easily right. The library must
 * place every block of a long random program where the oracle says.
 */
#include "exercise.h"

#include <stdlib.h>

enum { GRANULES = 256, SLOTS = 40, STEPS = 20000 };

static char taken[GRANULES]; /* the oracle's whole memory */

/* The lowest run of n free granules, taken; -1: there is none. */
static int oracle_alloc(int n)
{
	for (int at = 0, run = 0; at < GRANULES; at++) {
		run = taken[at] ? 0 : run + 1;
		if (run == n) {
			memset(taken + at + 1 - n, 1, (size_t)n);
			return at + 1 - n;
		}
	}
	return -1;
}

int main(void)
{
	struct osm_heap *heap = exercise_heap("first-fit", "bitmap", (size_t)GRANULES * 16);
	struct {
		char *p;
		int at, n;
	} slots[SLOTS] = {{NULL, 0, 0}};

	osm_heap_free(heap, osm_heap_alloc(heap, 16)); /* the first block buys all 256 granules */
	exercise_no_more();
	srand(1);
	for (int step = 0; step < STEPS; step++) {
		int i = rand() % SLOTS;

		if (slots[i].p) {
			memset(taken + slots[i].at, 0, (size_t)slots[i].n);
			osm_heap_free(heap, slots[i].p);
			slots[i].p = NULL;
			continue;
		}
		slots[i].n = 1 + rand() % 20;
		slots[i].at = oracle_alloc(slots[i].n);
		slots[i].p = osm_heap_alloc(heap, (size_t)slots[i].n * 16);
		assert((slots[i].at < 0) == !slots[i].p);
		assert(!slots[i].p || slots[i].p == exercise_memory + slots[i].at * 16);
	}
	return 0;
}
