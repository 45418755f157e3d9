/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables on a terminal: see contest_table.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/machine.h"
#include "tools/lab/contest_table.h"
#include "tools/lab/outcome_json.h"
#include "tools/text.h"

/* Figures of a row, in the order of the columns; not a number: there is none. */
enum {
	COLUMN_FIRST,
	COLUMN_WARM,
	COLUMN_PEAK,
	COLUMN_WHOLE,
	COLUMN_BARE = COLUMN_WHOLE + MEASURES,
	COLUMN_STEPS = COLUMN_BARE + MEASURES,
	COLUMNS
};

static const char *const heads[COLUMNS] = {"first ns", "again ns", "peak heap", "1", "2", "3",
                                           "4",        "1",        "2",         "3", "4", "steps"};
static const int widths[COLUMNS] = {9, 9, 11, 8, 8, 8, 8, 8, 8, 8, 8, 8};

struct row {
	double figures[COLUMNS];
	bool cut, failed;
};

static double measure_or_nan(const struct measures *measures, bool known, int which)
{
	double value;

	return known && measures_value(measures, which, &value) ? value : NAN;
}

static struct row row_of(const struct outcome *outcome)
{
	bool memory = outcome->memory_known && !outcome->cut;
	struct row row = {.cut = outcome->cut, .failed = outcome->failed};

	row.figures[COLUMN_FIRST] = outcome->times.known ? outcome->times.first : NAN;
	row.figures[COLUMN_WARM] = outcome->times.is_warm ? outcome->times.warm : NAN;
	row.figures[COLUMN_PEAK] = memory ? (double)outcome->whole.most_used : NAN;
	for (int which = 1; which <= MEASURES; which++) {
		row.figures[COLUMN_WHOLE + which - 1] = measure_or_nan(&outcome->whole, memory, which);
		row.figures[COLUMN_BARE + which - 1] = measure_or_nan(&outcome->bare, memory && outcome->walked, which);
	}
	row.figures[COLUMN_STEPS] =
		outcome->walked && outcome->search_ops > 0 ? (double)outcome->search_steps / (double)outcome->search_ops : NAN;
	return row;
}

/* Over all traces: means, geometric ones of times; bytes and steps are not to be averaged. */
static struct row row_mean(const struct contest *contest, size_t place)
{
	struct row row = {0};
	double value;

	for (int column = 0; column < COLUMNS; column++)
		row.figures[column] = NAN;
	if (contest_time(contest, place, &value))
		row.figures[COLUMN_WARM] = value;
	for (int which = 1; which <= MEASURES; which++) {
		if (contest_measure(contest, place, which, false, &value))
			row.figures[COLUMN_WHOLE + which - 1] = value;
		if (contest_measure(contest, place, which, true, &value))
			row.figures[COLUMN_BARE + which - 1] = value;
	}
	for (size_t trace = 0; trace < contest->trace_count; trace++) {
		row.cut = row.cut || contest_outcome(contest, trace, place)->cut;
		row.failed = row.failed || contest_outcome(contest, trace, place)->failed;
	}
	return row;
}

static void figure_text(char *text, size_t room, int column, double figure)
{
	if (isnan(figure))
		snprintf(text, room, "-");
	else if (column == COLUMN_PEAK)
		snprintf(text, room, "%s", text_bytes((uint64_t)figure).s);
	else if (column >= COLUMN_WHOLE && column < COLUMN_STEPS)
		snprintf(text, room, "%.1f%%", 100 * figure);
	else
		snprintf(text, room, "%.1f", figure);
}

static void row_print(const struct contender *contender, const struct row *row, const double *least, int name_width,
                      bool colour)
{
	char name[80];

	contender_name(contender, name, sizeof name);
	printf("%-*s", name_width, name);
	for (int column = 0; column < COLUMNS; column++) {
		char text[40];
		bool best = colour && !row->cut && row->figures[column] <= least[column];
		figure_text(text, sizeof text, column, row->figures[column]);
		printf("%s%*s%s", best ? "\033[1;32m" : "", widths[column], text, best ? "\033[0m" : "");
	}
	printf("%s\n", row->failed ? "  failed" : row->cut ? "  *" : "");
}

static void head_print(int name_width)
{
	printf("%-*s%*s%*s%*s%*s%*s\n", name_width, "", widths[COLUMN_FIRST] + widths[COLUMN_WARM], "time/op",
	       widths[COLUMN_PEAK], "", MEASURES * widths[COLUMN_WHOLE], "fragmentation", MEASURES * widths[COLUMN_BARE],
	       "without headers", widths[COLUMN_STEPS], "search");
	printf("%-*s", name_width, "allocator");
	for (int column = 0; column < COLUMNS; column++)
		printf("%*s", widths[column], heads[column]);
	putchar('\n');
}

/* A table of one trace; SIZE_MAX: over all. Returns whether a row was cut. */
static bool table_print(const struct contest *contest, size_t trace, size_t *order, bool colour)
{
	struct row *rows = calloc(contest->contender_count, sizeof *rows);
	double least[COLUMNS];
	int name_width = 10;
	bool any_cut = false;

	if (!rows)
		return false;
	for (int column = 0; column < COLUMNS; column++)
		least[column] = INFINITY;
	for (size_t place = 0; place < contest->contender_count; place++) {
		char name[80];
		contender_name(&contest->contenders[place], name, sizeof name);
		name_width = (int)strlen(name) > name_width ? (int)strlen(name) : name_width;
		rows[place] = trace == SIZE_MAX ? row_mean(contest, place) : row_of(contest_outcome(contest, trace, place));
		any_cut = any_cut || rows[place].cut;
		for (int column = 0; column < COLUMNS && !rows[place].cut; column++)
			if (rows[place].figures[column] < least[column])
				least[column] = rows[place].figures[column];
	}
	head_print(name_width);
	contest_rank(contest, trace, order);
	for (size_t i = 0; i < contest->contender_count; i++)
		row_print(&contest->contenders[order[i]], &rows[order[i]], least, name_width, colour);
	free(rows);
	return any_cut;
}

static void caption_print(const struct contest *contest, bool cut)
{
	printf(
		"\ntime/op        processor time of an operation: first in a fresh heap, then replayed again in the same one\n"
		"peak heap      the most that the allocator held: regions, mappings and metadata\n"
		"fragmentation  after Johnstone and Wilson: heap / payload - 1, as 1 the mean over time, which is bytes\n"
		"               allocated, 2 at the most payload, 3 at the most heap, 4 the most heap / the most payload\n"
		"without        the same without metadata out of band and the headers that were live when the heap grew\n"
		"search         blocks and nodes that a search looked at on average\n"
		"               Policies lie on the backend %s. Other allocators are looked at %d times; whether they have\n"
		"               headers cannot be seen from outside.\n",
		contest->backend, SAMPLES_MAX - 1);
	if (cut)
		printf("*              cut by the time limit: figures are of the beginning, and memory is not known\n");
}

void contest_print(const struct contest *contest, bool colour)
{
	size_t *order = calloc(contest->contender_count, sizeof *order);
	bool cut = false;

	for (size_t trace = 0; order && trace < contest->trace_count; trace++) {
		const struct tape_totals *totals = &contest->traces[trace];
		text_put_line(stdout, totals->name);
		printf(": %s operations, %s blocks, at most %s in %s blocks live\n\n", text_count(totals->ops).s,
		       text_count(totals->blocks).s, text_bytes(totals->peak_bytes).s, text_count(totals->slots).s);
		cut = table_print(contest, trace, order, colour) || cut;
		putchar('\n');
	}
	if (order && contest->trace_count > 1) {
		printf("All %zu traces: the mean; of times the geometric mean\n\n", contest->trace_count);
		table_print(contest, SIZE_MAX, order, colour);
	}
	free(order);
	caption_print(contest, cut);
	struct verdict verdict;
	char text[800] = "";
	if (contest_judge(contest, &verdict)) {
		contest_explain(contest, &verdict, text, sizeof text);
		printf("\n%s\n", text);
	}
}

static void summary_json(struct json *json, const struct contest *contest, size_t place)
{
	const struct contender *contender = &contest->contenders[place];
	double value = 0;

	json_line(json);
	json_text(json, "allocator", contender->name);
	json_text(json, "layout", contender->layout);
	bool known = contest_time(contest, place, &value);
	json_number(json, "warm_ns_per_op", known, value);
	for (int bare = 0; bare <= 1; bare++) {
		json_open(json, bare ? "fragmentation_without_headers" : "fragmentation", '[');
		for (int which = 1; which <= MEASURES; which++) {
			known = contest_measure(contest, place, which, bare, &value);
			json_number(json, NULL, known, value);
		}
		json_close(json, ']');
	}
	json_close(json, '}');
}

static void verdict_json(struct json *json, const struct contest *contest)
{
	struct verdict verdict;
	char text[800] = "";

	if (!contest_judge(contest, &verdict)) {
		json_text(json, "recommendation", NULL);
		return;
	}
	contest_explain(contest, &verdict, text, sizeof text);
	json_open(json, "recommendation", '{');
	json_text(json, "policy", contest->contenders[verdict.best].name);
	json_text(json, "layout", contest->contenders[verdict.best].layout);
	json_text(json, "reason", text);
	json_close(json, '}');
}

void contest_json(const struct contest *contest, FILE *file)
{
	struct json json = {.file = file};

	json_open(&json, NULL, '{');
	json_text(&json, "command", "compare");
	machine_json(&json);
	setup_json(&json, &contest->setup);
	json_open(&json, "traces", '[');
	for (size_t trace = 0; trace < contest->trace_count; trace++)
		trace_json(&json, &contest->traces[trace]);
	json_close(&json, ']');
	json_open(&json, "results", '[');
	for (size_t trace = 0; trace < contest->trace_count; trace++)
		for (size_t place = 0; place < contest->contender_count; place++)
			outcome_json(&json, &contest->traces[trace], contest_outcome(contest, trace, place));
	json_close(&json, ']');
	json_open(&json, "summary", '[');
	for (size_t place = 0; place < contest->contender_count; place++)
		summary_json(&json, contest, place);
	json_close(&json, ']');
	verdict_json(&json, contest);
	json_close(&json, '}');
	fputc('\n', file);
}
