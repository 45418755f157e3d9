/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measuring, round after round: board_measure of board.h.
 *
 * A round goes load by load and allocator by allocator, so that what disturbs the machine for a while disturbs all of
 * them. The first round finds out how long each cell takes: one that is at the time limit is from then on measured over
 * as many operations as it came to. Later rounds leave out what would not end in time.
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
	double first_seconds; /* the first round is meant to take no longer */
	double limit_least;   /* seconds that every pass gets */
	size_t detail_rounds; /* single operations are timed in so many rounds; slow cells take part in no more */
};

static const struct pace full_pace = {150, 60, 0.2, 3}, quick_pace = {25, 14, 0.03, 1};

/* A pass may take so many times what it would get if all were to get the same: most take far less. */
#define LIMIT_SHARES 2
/* A needle load has but a few needles to measure and a long way to there. */
#define LIMIT_SHARES_NEEDLE 8

/* A cell whose passes take so many seconds is slow, as is one that the time limit cut. */
#define SLOW_SECONDS 0.5

/* The clock is read twice an operation, so a detailed pass takes longer than one for time. */
#define DETAIL_TIMES 4

struct plan {
	struct board *board;
	const volatile sig_atomic_t *stop;
	const struct pace *pace;
	double begin;     /* seconds of the clock */
	size_t jobs_left; /* passes of the first round */
};

static const char stage[] = "measuring";

static double now(void)
{
	return (double)clock_ns() / 1e9;
}

/* The time limit of a pass, in seconds; none is left when it is not positive. */
static double limit_for(const struct plan *plan, const struct cell *cell, enum worker_pass pass)
{
	double past = now() - plan->begin, left = plan->pace->seconds - past, limit = left;

	if (plan->board->rounds == 1) {
		double shares = cell->load->kind == LOAD_NEEDLE ? LIMIT_SHARES_NEEDLE : LIMIT_SHARES;
		limit = shares * (plan->pace->first_seconds - past) / (double)(plan->jobs_left > 0 ? plan->jobs_left : 1);
		limit = limit > plan->pace->limit_least ? limit : plan->pace->limit_least;
		limit *= pass == WORKER_DETAIL ? DETAIL_TIMES : 1;
	}
	return limit < left ? limit : left;
}

static void job_done(struct plan *plan)
{
	if (plan->jobs_left > 0)
		plan->jobs_left--;
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
	double limit = limit_for(plan, cell, pass);
	struct worker worker = {
		.pass = pass,
		.subject = cell->subject,
		.load = cell->load,
		.end = cell->end,
		.limit_ns = limit > 0 ? (uint64_t)(limit * 1e9) : 0,
		.stop = plan->stop,
	};

	job_done(plan);
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
	double ops = done > from ? (double)(done - from) : 1;
	samples_add(&cell->ns, (double)report.value[REPORT_NS] / ops);
	cell->counts_steps = report.has[REPORT_STEPS];
	cell->steps = (double)report.value[REPORT_STEPS] / ops;
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
		job_done(plan);
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
	if (!detailed && (cell->prefix || cell->seconds > SLOW_SECONDS))
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
			job_done(plan);
	}
	cell->seconds = now() - begin;
	return true;
}

void board_measure(struct board *board, const volatile sig_atomic_t *stop)
{
	size_t cells = board->subject_count * board->load_count;
	struct plan plan = {.board = board, .stop = stop, .pace = board->quick ? &quick_pace : &full_pace, .begin = now()};

	for (size_t i = 0; i < cells; i++)
		plan.jobs_left += board->cells[i].load->kind == LOAD_NEEDLE ? 1 : 2;
	for (bool any = true; any && board->rounds < SAMPLES_MAX && !*stop;) {
		any = false;
		board->rounds++;
		for (size_t i = 0; i < cells && !*stop; i++)
			any |= cell_measure(&plan, &board->cells[i]);
	}
	progress_clear();
	board->seconds = now() - plan.begin;
}
