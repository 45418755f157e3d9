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
 *
 * Many clocks count in steps as long as a fast allocation, so needles are timed in batches; the median of the batches
 * passes over those in which the system stepped in.
 */
#define _GNU_SOURCE /* clock_gettime */

#include <stdio.h>
#include <stdlib.h>

#include "tools/bench/passes.h"

#define SEPARATOR 16
/* Holes have 128, 144 ... 240 bytes: the random number's three highest bits. */
#define HOLE_LEAST 128
#define HOLE_SHIFT 29
#define NEEDLE 272
#define NEEDLE_BATCH 8
#define NEEDLE_BATCHES 16
/* What the needles will be bought from, with room for headers and rounding: no page fault is to be timed. */
#define POPULATED ((size_t)4 * NEEDLE * NEEDLE_BATCH * NEEDLE_BATCHES)
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
	solo_populate(pass->solo, POPULATED);
	return true;
}

static int ns_compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double ns_median(double ns[], size_t count)
{
	qsort(ns, count, sizeof *ns, ns_compare);
	return ns[count / 2];
}

/* The needles, and what one took on average in each batch. */
struct needles {
	void *needle[NEEDLE_BATCHES][NEEDLE_BATCH];
	double alloc_ns[NEEDLE_BATCHES], free_ns[NEEDLE_BATCHES];
	size_t batches;
};

static double batch_ns(uint64_t begin, uint64_t clock_own)
{
	uint64_t ns = clock_ns() - begin;

	return ns > clock_own ? (double)(ns - clock_own) / NEEDLE_BATCH : 0;
}

/* Allocates one batch at least; false: memory ran out. */
static bool needles_alloc(const struct pass *pass, struct needles *needles, uint64_t clock_own)
{
	bool done = true;

	while (needles->batches < NEEDLE_BATCHES && done && (needles->batches == 0 || clock_ns() < pass->deadline)) {
		void **needle = needles->needle[needles->batches];
		uint64_t begin = clock_ns();
		for (size_t i = 0; i < NEEDLE_BATCH; i++)
			needle[i] = needle_alloc(pass->solo, NEEDLE);
		needles->alloc_ns[needles->batches++] = batch_ns(begin, clock_own);
		for (size_t i = 0; i < NEEDLE_BATCH; i++)
			done &= needle[i] != NULL;
	}
	return done;
}

/* In each batch every second one first, then those between: some have free neighbours, some have not. */
static void needles_free(const struct pass *pass, struct needles *needles, uint64_t clock_own)
{
	for (size_t batch = 0; batch < needles->batches; batch++) {
		uint64_t begin = clock_ns();
		for (size_t i = 0; i < NEEDLE_BATCH; i++)
			needle_free(pass->solo, needles->needle[batch][2 * i % NEEDLE_BATCH + 2 * i / NEEDLE_BATCH]);
		needles->free_ns[batch] = batch_ns(begin, clock_own);
	}
}

void pass_needle(const struct pass *pass, struct report *report)
{
	void **holes = pass_memory(pass->end * sizeof *holes);
	struct needles needles = {.batches = 0};
	uint64_t own = clock_cost();
	size_t steps_before = 0, steps;

	if (!holes || !field_make(pass, holes)) {
		report->done = holes && clock_ns() > pass->deadline;
		report_set(report, REPORT_OPS, 0);
		snprintf(report->text, sizeof report->text, "out of memory");
		return;
	}
	bool counted = pass_steps(pass->solo, &steps_before);
	if (!needles_alloc(pass, &needles, own)) {
		report_fail(report, "out of memory");
		return;
	}
	report_set(report, REPORT_OPS, NEEDLE_BATCH * needles.batches);
	if (counted && pass_steps(pass->solo, &steps))
		report_set(report, REPORT_STEPS, steps - steps_before);
	needles_free(pass, &needles, own);
	report->done = true;
	report_set(report, REPORT_PS, (uint64_t)(1000 * ns_median(needles.alloc_ns, needles.batches)));
	report_set(report, REPORT_FREE_PS, (uint64_t)(1000 * ns_median(needles.free_ns, needles.batches)));
	if (pass->solo && pass->solo->fault.kind != OSM_FAULT_NONE)
		report_fail(report, "%s", pass->solo->fault.detail);
}
