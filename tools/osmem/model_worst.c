/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs on which policies need much more memory than is live. Sizes are units of 64 bytes, less what a layout keeps
 * beside a block, so that blocks tile memory without a gap.
 *
 * First fit: Robson's program (Journal of the ACM 21, 1974), which is bad for any policy that cannot move blocks. It has
 * to know where blocks lie; since it is for first fit, a model of memory tells. M units are live, the largest block has
 * n = 2^m:
 *
 *     M blocks of one unit
 *     for i = 1, 2 ... m:
 *         keep only blocks that hold a unit whose address is f modulo 2^i, where f is that of the step before, or that
 *         plus 2^(i-1), whichever keeps more memory from being used
 *         allocate as many blocks of 2^i units as M allows; none fits between what was kept
 *
 * Memory needed: about M + (M/2) log2 n.
 *
 * Best fit: after Robson (The Computer Journal 20, 1977), who shows that its worst case grows with the product of M and n,
 * where first fit's grows with M log n. Each round leaves one unit live, and before it a hole that nothing will ever fill,
 * because each request that would fit is made when a larger one is behind it or when it is filled:
 *
 *     for k = 3/8 n, 3/8 n + 1 ... n - 2, as often for each k as M allows:
 *         ... | X: k+1 units | end of memory
 *         allocate G, k+1 units: it fits nowhere but at the end
 *         free X; allocate Y, k units: the only hole for it is X's, since others of k units are filled
 *         allocate 1 unit: the best fit is the one unit behind Y
 *         Y fills its hole for as long as k stays; then all Y are freed. G is the next X, of k+2 units if k grows
 *
 * What is live bounds how many holes of k units can be filled at a time: (M - L) / k, with L single units live so far. So
 * L grows towards M (1 - 3/8), and memory as M n 3/8 ln(8/3), which no other start than n/e would make larger. First fit
 * puts the single units into the lowest hole.
 */
#include <stdlib.h>

#include "tools/osmem/model.h"

enum { UNIT = 64 };

/* Memory as first fit fills it: which block holds each unit. */
struct memory {
	uint64_t *holder; /* the block's name plus one; 0: free */
	uint64_t units;   /* in use or passed over so far */
	uint64_t room;
};

/* Bytes of a block of so many units. */
static uint64_t bytes_of(const struct synth *synth, uint64_t units)
{
	return units * UNIT - synth->options.header;
}

/* The end of the run of units that have the same holder. */
static uint64_t run_end(const struct memory *memory, uint64_t at)
{
	uint64_t end = at + 1;

	while (end < memory->units && memory->holder[end] == memory->holder[at])
		end++;
	return end;
}

/* What a choice of f keeps from being used: 2^i less the size, of all blocks that it keeps. */
static uint64_t worth(const struct memory *memory, uint64_t f, uint64_t step)
{
	uint64_t sum = 0;

	for (uint64_t at = f; at < memory->units; at += step) {
		uint64_t begin = at;
		if (!memory->holder[at])
			continue;
		while (begin > 0 && memory->holder[begin - 1] == memory->holder[at])
			begin--;
		sum += step - (run_end(memory, begin) - begin);
	}
	return sum;
}

/* Free what does not hold a unit at f; returns the units that are left. */
static uint64_t sweep(struct synth *synth, struct memory *memory, uint64_t f, uint64_t step)
{
	uint64_t left = 0, end;

	for (uint64_t at = 0; at < memory->units; at = end) {
		uint64_t holder = memory->holder[at];
		end = run_end(memory, at);
		if (!holder)
			continue;
		uint64_t next = at + (f + step - at % step) % step; /* the first address from here that is f */
		if (next < end) {
			left += end - at;
			continue;
		}
		synth_free(synth, holder - 1);
		for (uint64_t i = at; i < end; i++)
			memory->holder[i] = 0;
	}
	return left;
}

/* As many blocks of so many units as are allowed, each at the lowest place. */
static void fill(struct synth *synth, struct memory *memory, uint64_t units, uint64_t count)
{
	uint64_t at = 0, end;

	while (count > 0 && synth_goes_on(synth)) {
		for (end = at; end < memory->units && end - at < units && !memory->holder[end];)
			end++;
		if (end < memory->units && end - at < units) {
			at = end + 1; /* that unit is held */
			continue;
		}
		uint64_t id = synth_alloc(synth, bytes_of(synth, units));
		for (uint64_t i = at; i < at + units; i++)
			memory->holder[i] = id + 1;
		at += units;
		memory->units = at > memory->units ? at : memory->units;
		count--;
	}
}

void model_first_fit(struct synth *synth)
{
	uint64_t live = synth->options.live / UNIT, most = synth->options.most / UNIT, f = 0;
	unsigned steps = 0;

	while (most >> (steps + 1))
		steps++;
	struct memory memory = {.room = live * (2 + steps) + most};
	memory.holder = calloc(memory.room, sizeof *memory.holder);
	if (!memory.holder) {
		synth_out_of_memory(synth);
		return;
	}
	fill(synth, &memory, 1, live);
	for (unsigned i = 1; i <= steps && synth_goes_on(synth); i++) {
		uint64_t step = 1ull << i;
		if (worth(&memory, f + step / 2, step) > worth(&memory, f, step))
			f += step / 2;
		uint64_t left = sweep(synth, &memory, f, step);
		fill(synth, &memory, step, (live - left) / step);
	}
	free(memory.holder);
}

/* One round: X gives way to Y and a single unit; returns Y. G, of so many units, is the next X. */
static uint64_t leave_hole(struct synth *synth, uint64_t *x, uint64_t units, uint64_t g_units)
{
	uint64_t g = synth_alloc(synth, bytes_of(synth, g_units)), y;

	synth_free(synth, *x);
	y = synth_alloc(synth, bytes_of(synth, units));
	synth_alloc(synth, bytes_of(synth, 1));
	*x = g;
	return y;
}

void model_best_fit(struct synth *synth)
{
	uint64_t live = synth->options.live / UNIT, most = synth->options.most / UNIT, first = most * 3 / 8, kept = 0;
	uint64_t *filled = calloc(live / first, sizeof *filled), x;

	if (!filled) {
		synth_out_of_memory(synth);
		return;
	}
	x = synth_alloc(synth, bytes_of(synth, first + 1));
	for (uint64_t units = first; units + 2 <= most && synth_goes_on(synth); units++) {
		/* Each filled hole and its single unit take a share, as do X and G; the last G takes one unit more. */
		uint64_t shares = (live - kept - 1) / (units + 1), count = shares > 1 ? shares - 1 : 0;

		for (uint64_t i = 0; i < count; i++)
			filled[i] = leave_hole(synth, &x, units, i + 1 < count ? units + 1 : units + 2);
		for (uint64_t i = 0; i < count; i++)
			synth_free(synth, filled[i]);
		kept += count;
	}
	free(filled);
}
