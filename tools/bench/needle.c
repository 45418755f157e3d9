/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Needles: requests among free blocks of which none suffices.
 *
 *     | hole | separator | hole | separator | ... | needle | needle | ...
 *
 * Holes are smaller than a needle, but not much, so that an index with size classes finds them in its way too. A policy
 * is then made to fill whatever would serve a needle, and from then on grows by exactly what is missing: each needle
 * is searched for in vain, bought, and placed. Each free puts a block among all the free ones, or merges with one. The
 * peers buy as they like.
 */
#include <stdlib.h>

#include "tools/bench/passes.h"

#define SEPARATOR 16
/* Holes have 128, 144 ... 240 bytes: the random number's three highest bits. */
#define HOLE_LEAST 128
#define HOLE_SHIFT 29
#define NEEDLE 272
/* Blocks between two looks at the clock. */
#define LOOK_EVERY 64

static void *needle_alloc(struct solo *solo, size_t n)
{
	return solo ? solo_alloc(solo, n, SOLO_GRANULE) : malloc(n);
}

/* A block that a program uses. */
static void *block_alloc(struct solo *solo, size_t n)
{
	void *p = needle_alloc(solo, n);

	if (p)
		touch_ends(p, n);
	return p;
}

static void needle_free(struct solo *solo, void *p)
{
	if (solo)
		solo_free(solo, p);
	else
		free(p);
}

/* Make the free blocks; false: the deadline came first, or memory ran out. */
static bool field_make(const struct pass *pass, void **holes)
{
	uint32_t state = 1;

	for (size_t i = 0; i < pass->end; i++) {
		state = state * 1664525 + 1013904223; /* Numerical Recipes' generator; its high bits are good enough */
		holes[i] = block_alloc(pass->solo, HOLE_LEAST + SOLO_GRANULE * (state >> HOLE_SHIFT));
		if (!holes[i] || !block_alloc(pass->solo, SEPARATOR))
			return false;
		if (i % LOOK_EVERY == 0 && clock_ns() > pass->deadline)
			return false;
	}
	for (size_t i = 0; i < pass->end; i++) {
		needle_free(pass->solo, holes[i]);
		if (i % LOOK_EVERY == 0 && clock_ns() > pass->deadline)
			return false;
	}
	if (!pass->solo)
		return true;
	pass->solo->closed = true;
	for (size_t i = 0; needle_alloc(pass->solo, NEEDLE); i++)
		if (i % LOOK_EVERY == 0 && clock_ns() > pass->deadline)
			return false;
	pass->solo->closed = false;
	pass->solo->exact = true;
	return true;
}

static int ns_compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* The median of times from which the clock's own is taken off. */
static uint64_t ns_median(uint64_t *ns, size_t count, uint64_t clock_own)
{
	qsort(ns, count, sizeof *ns, ns_compare);
	uint64_t median = ns[count / 2];
	return median > clock_own ? median - clock_own : 0;
}

/* Frees every second needle, then those between: some have free neighbours, some have not. */
static void needles_free(const struct pass *pass, void *needles[], size_t count, uint64_t ns[])
{
	size_t freed = 0;

	for (size_t first = 0; first < 2; first++) {
		for (size_t i = first; i < count; i += 2) {
			uint64_t begin = clock_ns();
			needle_free(pass->solo, needles[i]);
			ns[freed++] = clock_ns() - begin;
		}
	}
}

void pass_needle(const struct pass *pass, struct report *report)
{
	void **holes = pass_memory(pass->end * sizeof *holes), *needles[NEEDLES];
	uint64_t alloc_ns[NEEDLES], free_ns[NEEDLES], own = clock_cost();
	size_t count = 0, steps_before = 0, steps;

	if (!holes || !field_make(pass, holes)) {
		report_fail(report, "time limit: not that many free blocks could be made");
		return;
	}
	bool counted = pass_steps(pass->solo, &steps_before);
	while (count < NEEDLES && (count == 0 || clock_ns() < pass->deadline)) {
		uint64_t begin = clock_ns();
		needles[count] = needle_alloc(pass->solo, NEEDLE);
		alloc_ns[count] = clock_ns() - begin;
		if (!needles[count]) {
			report_fail(report, "out of memory");
			return;
		}
		touch_ends(needles[count++], NEEDLE);
	}
	report_set(report, REPORT_OPS, count);
	if (counted && pass_steps(pass->solo, &steps))
		report_set(report, REPORT_STEPS, steps - steps_before);
	needles_free(pass, needles, count, free_ns);
	report->done = true;
	report_set(report, REPORT_FREE_NS, ns_median(free_ns, count, own));
	report_set(report, REPORT_NS, ns_median(alloc_ns, count, own));
	report_set(report, REPORT_WORST, alloc_ns[count - 1]); /* sorted by now */
	if (pass->solo && pass->solo->fault.kind != OSM_FAULT_NONE)
		report_fail(report, "%s", pass->solo->fault.detail);
}
