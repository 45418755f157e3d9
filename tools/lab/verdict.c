/* SPDX-License-Identifier: BSD-3-Clause */
/* Allocators judged over all traces: see contest.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/lab/contest.h"

/* So much more memory than the leanest takes is as good as the same. */
#define AS_LEAN 1.02

static bool outcome_measure(const struct outcome *outcome, int which, bool bare, double *value)
{
	return outcome->memory_known && !outcome->cut && (!bare || outcome->walked) &&
	       measures_value(bare ? &outcome->bare : &outcome->whole, which, value);
}

bool contest_measure(const struct contest *contest, size_t contender, int which, bool bare, double *value)
{
	double sum = 0;

	for (size_t trace = 0; trace < contest->trace_count; trace++) {
		double one;
		if (!outcome_measure(contest_outcome(contest, trace, contender), which, bare, &one))
			return false;
		sum += one;
	}
	*value = sum / (double)contest->trace_count;
	return true;
}

bool contest_time(const struct contest *contest, size_t contender, double *ns)
{
	double sum = 0;

	for (size_t trace = 0; trace < contest->trace_count; trace++) {
		const struct outcome *outcome = contest_outcome(contest, trace, contender);
		if (outcome->failed || outcome->cut || !outcome->times.is_warm || outcome->times.warm <= 0)
			return false;
		sum += log(outcome->times.warm);
	}
	*ns = exp(sum / (double)contest->trace_count);
	return true;
}

/* What an allocator is judged by. False: it is no policy, or not all is known of it. */
static bool figures(const struct contest *contest, size_t place, double *memory, double *ns)
{
	if (!contest->contenders[place].policy || !contest_measure(contest, place, 4, false, memory) ||
	    !contest_time(contest, place, ns))
		return false;
	*memory += 1;
	return true;
}

bool contest_judge(const struct contest *contest, struct verdict *verdict)
{
	double least_memory = INFINITY, least_ns = INFINITY, memory, ns;
	bool found = false;

	for (size_t place = 0; place < contest->contender_count; place++) {
		if (!figures(contest, place, &memory, &ns))
			continue;
		if (memory < least_memory) {
			least_memory = memory;
			verdict->leanest = place;
		}
		if (ns < least_ns) {
			least_ns = ns;
			verdict->fastest = place;
		}
		found = true;
	}
	double best_ns = INFINITY;
	for (size_t place = 0; place < contest->contender_count; place++) {
		if (figures(contest, place, &memory, &ns) && memory <= AS_LEAN * least_memory && ns < best_ns) {
			best_ns = ns;
			verdict->best = place;
		}
	}
	return found;
}

static void clause(const struct contest *contest, size_t place, char *text, size_t room)
{
	double memory = 0, ns = 0;
	char name[80];

	contender_name(&contest->contenders[place], name, sizeof name);
	if (figures(contest, place, &memory, &ns))
		snprintf(text, room, "%s (%.1f%% more memory than payload at the peaks, %.1f ns an operation)", name,
		         100 * (memory - 1), ns);
}

void contest_explain(const struct contest *contest, const struct verdict *verdict, char *text, size_t room)
{
	char best[160], leanest[160], fastest[160];
	const char *where = contest->trace_count > 1 ? " on average over the traces" : "";
	int n;

	clause(contest, verdict->best, best, sizeof best);
	clause(contest, verdict->leanest, leanest, sizeof leanest);
	clause(contest, verdict->fastest, fastest, sizeof fastest);
	n = snprintf(text, room, "Take %s%s.", best, where);
	if (n < 0 || (size_t)n >= room)
		return;
	text += n;
	room -= (size_t)n;
	if (verdict->best == verdict->leanest && verdict->best == verdict->fastest)
		snprintf(text, room, " No policy takes less memory, and none is faster.");
	else if (verdict->best == verdict->leanest)
		snprintf(text, room, " No policy takes less memory. The fastest policy, %s, takes over 2%% more.", fastest);
	else if (verdict->best == verdict->fastest)
		snprintf(text, room, " It is the fastest policy, and takes at most 2%% more memory than the leanest, %s.",
		         leanest);
	else
		snprintf(text, room,
		         " It is the fastest of those that take at most 2%% more memory than the leanest, %s. The fastest "
		         "policy, %s, takes more than that.",
		         leanest, fastest);
}

/* ---- Ranks */

struct rank {
	size_t place;
	double value;
};

static int rank_compare(const void *a, const void *b)
{
	const struct rank *left = a, *right = b;

	if (left->value < right->value || left->value > right->value)
		return left->value < right->value ? -1 : 1;
	return left->place < right->place ? -1 : left->place > right->place;
}

void contest_rank(const struct contest *contest, size_t trace, size_t *order)
{
	struct rank ranks[256];
	size_t count = contest->contender_count < 256 ? contest->contender_count : 256;

	for (size_t place = 0; place < count; place++) {
		double value = 0;
		bool known = trace == SIZE_MAX ? contest_measure(contest, place, 4, false, &value)
		                               : outcome_measure(contest_outcome(contest, trace, place), 4, false, &value);
		ranks[place] = (struct rank){place, known ? value : INFINITY};
	}
	qsort(ranks, count, sizeof *ranks, rank_compare);
	for (size_t i = 0; i < count; i++)
		order[i] = ranks[i].place;
}
