/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replays for time: see pace.h.
 *
 * The clock runs while a batch of operations that is in memory is done, and stands while the next one is read. The same
 * batches are run over calls that do nothing: what that takes is the replay's own, and is told beside.
 */
#define _GNU_SOURCE /* clock_gettime */

#include <stdio.h>
#include <stdlib.h>

#include "tools/bench/clock.h"
#include "tools/bench/histogram.h"
#include "tools/lab/pace.h"
#include "tools/progress.h"
#include "tools/replay.h"

#define ENOUGH_NS 0.5e9

static const char stage_time[] = "timing";

struct pace {
	const struct job *job;
	struct outcome *outcome;
	struct stage stage;
	void **payloads, **nothing;
	struct histogram *single; /* NULL: whole batches are timed */
	uint64_t clock_cost;
	uint64_t ops; /* done in this replay */
	double ns, loop_ns;
};

static void fail(struct outcome *outcome, uint64_t op, const char *reason)
{
	outcome->failed = true;
	snprintf(outcome->note, sizeof outcome->note, "operation %llu: %s", (unsigned long long)op, reason);
}

/* Returns the operations that were done. */
static size_t batch_single(struct pace *pace, const struct trace_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t begin = clock_ns();
		size_t done = replay_ops(pace->stage.heap, &ops[i], 1, pace->payloads, pace->job->stop);
		uint64_t ns = clock_ns() - begin;
		histogram_add(pace->single, ns > pace->clock_cost ? ns - pace->clock_cost : 0);
		if (done == 0)
			return i;
	}
	return count;
}

static size_t batch_timed(struct pace *pace, const struct trace_op *ops, size_t count)
{
	uint64_t begin = clock_cpu_ns();
	size_t done = replay_ops(pace->stage.heap, ops, count, pace->payloads, pace->job->stop);
	uint64_t middle = clock_cpu_ns();

	replay_nothing(ops, done, pace->nothing, pace->job->stop);
	pace->ns += (double)(middle - begin);
	pace->loop_ns += (double)(clock_cpu_ns() - middle);
	return done;
}

/* One replay of at most `most` operations; false: it was stopped or it failed. Cuts at the time limit. */
static bool replay(struct pace *pace, uint64_t most)
{
	const struct job *job = pace->job;
	struct tape *tape = tape_open(job->totals->path);
	const struct trace_op *ops;
	size_t count = 0, done = 0;
	uint64_t begin = clock_cpu_ns();

	pace->ns = pace->loop_ns = 0;
	for (pace->ops = 0; tape && pace->ops < most; pace->ops += done) {
		ops = tape_next(tape, &count);
		if (count > most - pace->ops)
			count = (size_t)(most - pace->ops);
		done = pace->single ? batch_single(pace, ops, count) : batch_timed(pace, ops, count);
		progress_show(job->label, stage_time, pace->ops, job->totals->ops);
		if (done < count || count == 0)
			break;
		if (job->limit > 0 && (double)(clock_cpu_ns() - begin) > 1e9 * job->limit) {
			pace->ops += done;
			break;
		}
	}
	bool good = tape && tape_is_good(tape);
	tape_close(tape);
	if (!good || done < count)
		fail(pace->outcome, pace->ops + done + 1, good ? "out of memory" : "the trace could not be read again");
	return good && done == count && !*job->stop;
}

/* Free what is live, as a program's end does not. */
static void heap_empty(struct pace *pace)
{
	for (size_t slot = 0; slot < pace->job->totals->slots; slot++) {
		osm_heap_free(pace->stage.heap, pace->payloads[slot]);
		pace->payloads[slot] = NULL;
	}
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static bool warm_rounds(struct pace *pace, uint64_t ops)
{
	struct times *times = &pace->outcome->times;
	double ns[PACE_ROUNDS_MAX], loop[PACE_ROUNDS_MAX], sum = 0;
	unsigned wanted = pace->job->rounds < PACE_ROUNDS_MAX ? pace->job->rounds : PACE_ROUNDS_MAX;

	while (times->rounds < wanted && sum < ENOUGH_NS) {
		heap_empty(pace);
		if (!replay(pace, ops))
			return false;
		ns[times->rounds] = pace->ns / (double)ops;
		loop[times->rounds++] = pace->loop_ns / (double)ops;
		sum += pace->ns;
	}
	if (times->rounds == 0)
		return true;
	qsort(ns, times->rounds, sizeof *ns, compare);
	qsort(loop, times->rounds, sizeof *loop, compare);
	times->warm = (ns[(times->rounds - 1) / 2] + ns[times->rounds / 2]) / 2;
	times->loop = (loop[(times->rounds - 1) / 2] + loop[times->rounds / 2]) / 2;
	times->is_warm = true;
	return true;
}

/* In a fresh heap again, the clock read around each operation. */
static bool single_ops(struct pace *pace, uint64_t ops)
{
	struct times *times = &pace->outcome->times;

	stage_close(&pace->stage);
	for (size_t slot = 0; slot < pace->job->totals->slots; slot++)
		pace->payloads[slot] = NULL;
	const char *reason = stage_open(&pace->stage, pace->job->setup, pace->job->totals->peak_bytes);
	if (reason) {
		fail(pace->outcome, 0, reason);
		return false;
	}
	pace->single = calloc(1, sizeof *pace->single);
	pace->clock_cost = clock_cost();
	if (!pace->single || !replay(pace, ops))
		return false;
	times->median = (double)histogram_quantile(pace->single, 0.5);
	times->p99 = (double)histogram_quantile(pace->single, 0.99);
	times->p999 = (double)histogram_quantile(pace->single, 0.999);
	times->worst = (double)pace->single->worst;
	return true;
}

static void replays(struct pace *pace)
{
	struct outcome *outcome = pace->outcome;
	struct times *times = &outcome->times;

	if (!replay(pace, pace->job->totals->ops) || pace->ops == 0)
		return;
	uint64_t ops = outcome->timed_ops = pace->ops;
	outcome->cut = outcome->cut || ops < pace->job->totals->ops;
	times->first = pace->ns / (double)ops;
	times->loop = pace->loop_ns / (double)ops;
	times->known = true;
	/* one that was cut took long enough */
	if (ops < pace->job->totals->ops || !warm_rounds(pace, ops))
		return;
	single_ops(pace, ops);
}

bool pace_run(const struct job *job, struct outcome *outcome)
{
	struct pace pace = {.job = job, .outcome = outcome};

	pace.payloads = calloc(job->totals->slots + 1, sizeof *pace.payloads);
	pace.nothing = calloc(job->totals->slots + 1, sizeof *pace.nothing);
	const char *reason = pace.payloads && pace.nothing ? stage_open(&pace.stage, job->setup, job->totals->peak_bytes)
	                                                   : "no memory for the replay's own tables";
	if (reason) {
		fail(outcome, 0, reason);
	} else {
		replays(&pace);
		stage_close(&pace.stage);
	}
	free(pace.single);
	free(pace.payloads);
	free(pace.nothing);
	return !*job->stop;
}
