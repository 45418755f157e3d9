/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long all operations take together: pass_time of passes.h.
 *
 * The load is run once in the fresh process, where the system makes each page as it is first touched: the first run. Then
 * all blocks are freed, untimed, and it is run again and again on the memory that the allocator has by now: the warm
 * runs. What is told of them is the run with the median time, its page faults and its steps.
 */
#define _GNU_SOURCE /* clock_gettime, posix_memalign */

#include <stdlib.h>
#include <sys/resource.h>

#include "tools/bench/ops.h"
#include "tools/bench/passes.h"

/* Warm runs: as many as take so long together, within these bounds. */
#define WARM_NS 30000000
#define WARM_LEAST 3
#define WARM_MOST 15
/* A warm run that takes so many times the first run's time, and this, is given up. */
#define WARM_SLOWER 4
#define WARM_SLOWER_NS 10000000

/* One run of a load. */
struct run {
	struct stop stop;  /* where it ended */
	uint64_t ns;       /* processor time of the measured operations */
	uint64_t faults;   /* page faults in them that needed no disk */
	size_t steps;      /* search steps in them */
	bool counts_steps; /* whether the policy counts these */
	uint64_t wall_ns;  /* with those that only prepare */
};

ALWAYS_INLINE struct stop ops_run(struct solo *solo, const struct pass *pass, size_t from, size_t to, void **payloads)
{
	const struct trace_op *ops = pass->load->ops;

	while (from < to && !pass_is_over(pass, from)) {
		size_t stop = to - from < PASS_LOOK_EVERY ? to : from + PASS_LOOK_EVERY;
		for (; from < stop; from++) {
			void **payload = &payloads[ops[from].slot];
			*payload = op_run(solo, &ops[from], *payload);
			if (!*payload && ops[from].size > 0)
				return (struct stop){from, true};
			touch_ends(*payload, ops[from].size);
		}
	}
	return (struct stop){from, false};
}

/* A compiled path each, so that malloc and free are called as a program calls them. */
static struct stop ops_run_on(const struct pass *pass, size_t from, size_t to, void **payloads)
{
	return pass->solo ? ops_run(pass->solo, pass, from, to, payloads) : ops_run(NULL, pass, from, to, payloads);
}

static uint64_t minor_faults(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_minflt : 0;
}

/* All operations, from the first. */
static struct run load_run(const struct pass *pass, void **payloads)
{
	size_t from = pass->load->timed_from, steps_before = 0, steps = 0;
	uint64_t begin = clock_ns();
	struct run run = {.stop = ops_run_on(pass, 0, from, payloads)};

	if (run.stop.at == from) {
		run.counts_steps = pass_steps(pass->solo, &steps_before);
		uint64_t faults_before = minor_faults(), timed = clock_cpu_ns();
		run.stop = ops_run_on(pass, from, pass->end, payloads);
		run.ns = clock_cpu_ns() - timed;
		run.faults = minor_faults() - faults_before;
		pass_steps(pass->solo, &steps);
		run.steps = steps - steps_before;
	}
	run.wall_ns = clock_ns() - begin;
	return run;
}

static bool run_is_whole(const struct pass *pass, const struct run *run)
{
	return run->stop.at == pass->end && !pass_failed(pass, run->stop);
}

static void blocks_free(const struct pass *pass, void **payloads)
{
	for (size_t slot = 0; slot < pass->load->slots; slot++) {
		if (payloads[slot])
			op_free(pass->solo, payloads[slot]);
		payloads[slot] = NULL;
	}
}

/* One there is in any case; after the time limit no more than a median takes. */
static bool warm_run_is_due(const struct pass *pass, size_t count, uint64_t spent)
{
	uint64_t now = clock_ns();

	if (count < WARM_LEAST)
		return count == 0 || now < pass->latest;
	return spent < WARM_NS && now < pass->deadline;
}

/* The warm runs; returns how many are whole. `last` is the last that was begun. */
static size_t warm_runs(const struct pass *pass, void **payloads, const struct run *first, struct run runs[],
                        struct run *last)
{
	struct pass again = *pass;
	uint64_t spent = 0;
	size_t count = 0;

	while (count < WARM_MOST && warm_run_is_due(pass, count, spent)) {
		blocks_free(pass, payloads);
		again.deadline = again.latest = clock_ns() + WARM_SLOWER * first->wall_ns + WARM_SLOWER_NS;
		*last = load_run(&again, payloads);
		if (!run_is_whole(pass, last))
			break;
		runs[count++] = *last;
		spent += last->ns;
	}
	return count;
}

static int run_compare(const void *a, const void *b)
{
	const struct run *left = a, *right = b;

	return (left->ns > right->ns) - (left->ns < right->ns);
}

/* The run that the figures are of; of two the faster. */
static const struct run *run_median(struct run runs[], size_t count)
{
	qsort(runs, count, sizeof *runs, run_compare);
	return &runs[(count - 1) / 2];
}

void pass_time(const struct pass *pass, struct report *report)
{
	static struct run runs[WARM_MOST];
	void **payloads = pass_memory(pass->load->slots * sizeof *payloads);

	if (!payloads) {
		report_fail(report, "no memory for the measuring process's own table");
		return;
	}
	struct run first = load_run(pass, payloads), last = first;
	const struct run *told = &first;
	report->done = true;
	report_set(report, REPORT_OPS, first.stop.at);
	report_set(report, REPORT_FIRST_NS, first.ns);
	/* of a load that the time limit cut there is only a first run */
	if (pass->end == pass->load->count && run_is_whole(pass, &first)) {
		size_t count = warm_runs(pass, payloads, &first, runs, &last);
		if (count > 0) {
			told = run_median(runs, count);
			report_set(report, REPORT_WARM_NS, told->ns);
			report_set(report, REPORT_WARM_FAULTS, told->faults);
		}
	}
	if (told->counts_steps)
		report_set(report, REPORT_STEPS, told->steps);
	pass_tell_failure(pass, last.stop, report);
}
