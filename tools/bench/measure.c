/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measuring, round after round: board_measure of board.h.
 *
 * A round goes load by load and allocator by allocator, so that what disturbs the machine for a while disturbs all of
 * them. The first round finds out how long each cell takes: of one that is cut by the time limit, the figures are about as
 * many operations as it came to. Later rounds leave out what is slow, and what would not end in time.
 */
#define _GNU_SOURCE /* clock_gettime */

#include <stdio.h>

#include "tools/bench/board.h"
#include "tools/bench/clock.h"
#include "tools/bench/worker.h"
#include "tools/progress.h"

/* How the time is spent. */
struct pace {
	double seconds;       /* in all */
	double first_seconds; /* what is shared out in the first round; not all keep to it */
	double limit_least;   /* seconds that every pass gets */
	double needle_least;  /* the same for a needle load: even a fast policy needs them to make so many blocks */
	double latest_times;  /* a pass that has done a good part in its limit may take so many times as long as that */
	size_t detail_rounds; /* single operations are timed in so many rounds */
};

static const struct pace full_pace = {150, 20, 0.1, 1.5, 4, 3}, quick_pace = {27, 5, 0.02, 0.2, 8, 1};

/* A pass may take so many times its share of the time: most take far less. */
#define LIMIT_SHARES 2
/* What an operation of a pass weighs when time is shared out, and what the start of a process does. A pass for time does
 * all operations several times; the clock is read twice an operation in a detailed one; a needle load has but a few
 * needles to measure and a long way to there. */
#define WEIGHT_TIME 3.0
#define WEIGHT_DETAIL 4.0
#define WEIGHT_NEEDLE 16.0
#define WEIGHT_PROCESS 50000.0

/* A cell whose passes take so many seconds is slow, as is one that the time limit cut; it is measured once. */
#define SLOW_SECONDS 0.5

struct plan {
	struct board *board;
	const volatile sig_atomic_t *stop;
	const struct pace *pace;
	double begin;     /* seconds of the clock */
	double work_left; /* what the passes weigh that are left of the first round */
};

static const char stage[] = "measuring";

static double now(void)
{
	return (double)clock_ns() / 1e9;
}

static double weight(const struct load *load, enum worker_pass pass)
{
	double each = pass == WORKER_TIME ? WEIGHT_TIME : pass == WORKER_DETAIL ? WEIGHT_DETAIL : WEIGHT_NEEDLE;

	return WEIGHT_PROCESS + each * (double)load->end;
}

/* The seconds that are left for everything. */
static double seconds_left(const struct plan *plan)
{
	return plan->begin + plan->pace->seconds - now();
}

/* The time limit of a pass, in seconds; none is left when it is not positive. A detailed pass needs none of its own: its
 * operations were done within a limit before. */
static double limit_for(const struct plan *plan, const struct cell *cell, enum worker_pass pass)
{
	double left = seconds_left(plan), limit = left;

	if (plan->board->rounds == 1 && pass != WORKER_DETAIL) {
		double share = weight(cell->load, pass) / (plan->work_left > 1 ? plan->work_left : 1);
		limit = LIMIT_SHARES * share * (left - plan->pace->seconds + plan->pace->first_seconds);
		double least = pass == WORKER_NEEDLE ? plan->pace->needle_least : plan->pace->limit_least;
		limit = limit > least ? limit : least;
	}
	return limit < left ? limit : left;
}

static void job_done(struct plan *plan, const struct cell *cell, enum worker_pass pass)
{
	plan->work_left -= weight(cell->load, pass);
}

static void note(struct cell *cell, bool failed, const char *text)
{
	cell->failed = failed;
	snprintf(cell->note, sizeof cell->note, "%s", text);
}

static void tell_progress(const struct plan *plan, const struct cell *cell)
{
	char job[160];

	snprintf(job, sizeof job, "round %zu of at most %d, %s: %s%s%s", plan->board->rounds, SAMPLES_MAX, cell->load->name,
	         cell->subject->name, cell->subject->layout ? " " : "", cell->subject->layout ? cell->subject->layout : "");
	progress_show(job, stage, (size_t)(1000 * (now() - plan->begin)), (size_t)(1000 * plan->pace->seconds));
}

/* Run a pass; false: there is no report to be read. */
static bool pass_run(struct plan *plan, struct cell *cell, enum worker_pass pass, struct report *report)
{
	double limit = limit_for(plan, cell, pass), left = seconds_left(plan);
	double latest = plan->board->rounds == 1 ? plan->pace->latest_times * limit : left;
	struct worker worker = {
		.pass = pass,
		.subject = cell->subject,
		.load = cell->load,
		.end = cell->end,
		.limit_ns = limit > 0 ? (uint64_t)(limit * 1e9) : 0,
		.latest_ns = limit > 0 ? (uint64_t)(1e9 * (latest < left ? latest : left)) : 0,
		.stop = plan->stop,
	};

	job_done(plan, cell, pass);
	if (limit <= 0) {
		if (cell->ns.count == 0)
			note(cell, false, "time limit: no time was left");
		return false;
	}
	tell_progress(plan, cell);
	worker_run(&worker, report);
	if (*plan->stop)
		return false;
	if (!report->done)
		note(cell, true, report->text);
	return report->done;
}

/* What a pass for time over so many operations has to say. A cell has warm runs or none, whatever single passes have. */
static void cell_add_times(struct cell *cell, const struct report *report, double ops)
{
	if (cell->ns.count == 0)
		cell->first_only = !report->has[REPORT_WARM_NS];
	else if (!cell->first_only && !report->has[REPORT_WARM_NS])
		return;
	double first = (double)report->value[REPORT_FIRST_NS] / ops;
	samples_add(&cell->first_ns, first);
	samples_add(&cell->ns, cell->first_only ? first : (double)report->value[REPORT_WARM_NS] / ops);
	if (!cell->first_only)
		samples_add(&cell->faults, 1000 * (double)report->value[REPORT_WARM_FAULTS] / ops);
	cell->counts_steps = report->has[REPORT_STEPS];
	cell->steps = (double)report->value[REPORT_STEPS] / ops;
}

static void cell_time(struct plan *plan, struct cell *cell)
{
	struct report report;

	if (!pass_run(plan, cell, WORKER_TIME, &report))
		return;
	size_t done = report.value[REPORT_OPS], from = cell->load->timed_from;
	if (done < cell->end && plan->board->rounds > 1)
		return;
	if (done <= from && done < cell->end) {
		note(cell, false, "time limit: preparing the load alone takes longer");
		return;
	}
	cell->prefix = done < cell->load->end;
	cell->end = done;
	cell_add_times(cell, &report, done > from ? (double)(done - from) : 1);
}

static void cell_detail(struct plan *plan, struct cell *cell)
{
	struct report report;

	if (!pass_run(plan, cell, WORKER_DETAIL, &report))
		return;
	if (report.has[REPORT_P999]) {
		samples_add(&cell->p999, (double)report.value[REPORT_P999]);
		samples_add(&cell->worst, (double)report.value[REPORT_WORST]);
	}
	if (report.value[REPORT_OPS] == cell->end) {
		cell->payload_bytes = report.value[REPORT_PAYLOAD];
		cell->heap_bytes = report.value[REPORT_HEAP];
		cell->fine_heap_bytes = report.value[REPORT_HEAP_FINE];
	}
}

/* If fewer free blocks were too many already, these are not tried. */
static bool needle_is_hopeless(const struct plan *plan, const struct cell *cell)
{
	const struct cell *before = cell - plan->board->subject_count;

	return before >= plan->board->cells && before->load->kind == LOAD_NEEDLE && before->ns.count == 0;
}

static void cell_needle(struct plan *plan, struct cell *cell)
{
	struct report report;

	if (needle_is_hopeless(plan, cell)) {
		note(cell, false, "time limit");
		job_done(plan, cell, WORKER_NEEDLE);
		return;
	}
	if (!pass_run(plan, cell, WORKER_NEEDLE, &report))
		return;
	if (report.value[REPORT_OPS] == 0) {
		if (cell->ns.count == 0)
			note(cell, false, "time limit");
		return;
	}
	samples_add(&cell->ns, (double)report.value[REPORT_PS] / 1000);
	samples_add(&cell->free_ns, (double)report.value[REPORT_FREE_PS] / 1000);
	cell->counts_steps = report.has[REPORT_STEPS];
	cell->steps = (double)report.value[REPORT_STEPS] / (double)report.value[REPORT_OPS];
}

/* Measure a cell once; false: it takes no part in this round. */
static bool cell_measure(struct plan *plan, struct cell *cell)
{
	size_t round = plan->board->rounds;
	bool detailed = round <= plan->pace->detail_rounds;
	double begin = now();

	if (round > 1 && (cell->failed || cell->ns.count == 0))
		return false;
	if (round > 1 && (cell->prefix || cell->seconds > SLOW_SECONDS))
		return false;
	if (begin + cell->seconds > plan->begin + plan->pace->seconds)
		return false;
	if (cell->load->kind == LOAD_NEEDLE) {
		cell_needle(plan, cell);
	} else {
		cell_time(plan, cell);
		if (!cell->failed && cell->ns.count > 0 && !*plan->stop && detailed)
			cell_detail(plan, cell);
		else
			job_done(plan, cell, WORKER_DETAIL);
	}
	cell->seconds = now() - begin;
	return true;
}

void board_measure(struct board *board, const volatile sig_atomic_t *stop)
{
	size_t cells = board->subject_count * board->load_count;
	struct plan plan = {.board = board, .stop = stop, .pace = board->quick ? &quick_pace : &full_pace, .begin = now()};

	for (size_t i = 0; i < cells; i++) {
		const struct load *load = board->cells[i].load;
		plan.work_left += load->kind == LOAD_NEEDLE ? weight(load, WORKER_NEEDLE)
		                                            : weight(load, WORKER_TIME) + weight(load, WORKER_DETAIL);
	}
	for (bool any = true; any && board->rounds < SAMPLES_MAX && !*stop;) {
		any = false;
		board->rounds++;
		for (size_t i = 0; i < cells && !*stop; i++)
			any |= cell_measure(&plan, &board->cells[i]);
	}
	progress_clear();
	board->seconds = now() - plan.begin;
}
