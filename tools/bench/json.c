/* SPDX-License-Identifier: BSD-3-Clause */
/* The results for programs: see json.h. */
#include "tools/bench/json.h"
#include "tools/bench/machine.h"

/* Writes members and knows whether a comma is due. */
struct json {
	FILE *file;
	bool more;
};

static void json_string(struct json *json, const char *text)
{
	fputc('"', json->file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(json->file, "\\%c", *text);
		else
			fprintf(json->file, (unsigned char)*text < ' ' ? "\\u%04x" : "%c", (unsigned char)*text);
	}
	fputc('"', json->file);
}

/* The name of the next member, or with NULL the next element of an array. */
static void json_next(struct json *json, const char *name)
{
	if (json->more)
		fputs(", ", json->file);
	json->more = true;
	if (name) {
		json_string(json, name);
		fputs(": ", json->file);
	}
}

static void json_open(struct json *json, const char *name, char bracket)
{
	json_next(json, name);
	fputc(bracket, json->file);
	json->more = false;
}

static void json_close(struct json *json, char bracket)
{
	fputc(bracket, json->file);
	json->more = true;
}

/* An object that is an element of an array, on a line of its own. */
static void line_open(struct json *json)
{
	fputs(json->more ? ",\n  {" : "\n  {", json->file);
	json->more = false;
}

static void member_text(struct json *json, const char *name, const char *text)
{
	json_next(json, name);
	if (text)
		json_string(json, text);
	else
		fputs("null", json->file);
}

static void member_flag(struct json *json, const char *name, bool flag)
{
	json_next(json, name);
	fputs(flag ? "true" : "false", json->file);
}

static void member_number(struct json *json, const char *name, bool known, double number)
{
	json_next(json, name);
	if (known)
		fprintf(json->file, "%.15g", number);
	else
		fputs("null", json->file);
}

static void member_quantile(struct json *json, const char *name, const struct samples *samples, double share)
{
	bool known = samples->count > 0;

	member_number(json, name, known, known ? samples_quantile(samples, share) : 0);
}

static void allocator_write(struct json *json, const struct subject *subject)
{
	member_text(json, "allocator", subject->name);
	member_text(json, "layout", subject->layout);
}

static void result_write(struct json *json, const struct board *board, const struct cell *cell)
{
	double share = 0, ratio = 0;
	bool measured = cell->ns.count > 0;

	line_open(json);
	member_text(json, "trace", cell->load->name);
	member_text(json, "kind", load_kinds[cell->load->kind]);
	allocator_write(json, cell->subject);
	member_number(json, "operations", measured, (double)(cell->end - cell->load->timed_from));
	member_flag(json, "prefix", cell->prefix);
	member_number(json, "rounds", true, (double)cell->ns.count);
	member_quantile(json, "ns_per_op", &cell->ns, 0.5);
	member_number(json, "ns_spread", cell->ns.count > 1, cell->ns.count > 1 ? samples_spread(&cell->ns) : 0);
	member_flag(json, "first_only", cell->first_only);
	member_quantile(json, "first_ns_per_op", &cell->first_ns, 0.5);
	member_quantile(json, "faults_per_1000_ops", &cell->faults, 0.5);
	member_quantile(json, "p999_ns", &cell->p999, 0.5);
	member_quantile(json, "worst_ns", &cell->worst, 0);
	member_number(json, "steps_per_op", measured && cell->counts_steps, cell->steps);
	bool known = cell_utilisation(cell, false, &share);
	member_number(json, "utilisation", known, share);
	known = cell_utilisation(cell, true, &share);
	member_number(json, "utilisation_granule_8", known, share);
	member_number(json, "peak_payload", cell->payload_bytes > 0, (double)cell->payload_bytes);
	member_number(json, "peak_heap", cell->heap_bytes > 0, (double)cell->heap_bytes);
	member_text(json, "heap_measure", footprint_kinds[cell->subject->measured]);
	known = board_ratio(board, cell, false, &ratio);
	member_number(json, "ratio_to_glibc", known, ratio);
	known = board_ratio(board, cell, true, &ratio);
	member_number(json, "first_ratio_to_glibc", known, ratio);
	member_text(json, "note", *cell->note ? cell->note : NULL);
	json_close(json, '}');
}

/* Calls `write` for each measured needle load of an allocator. */
static void points_write(struct json *json, const struct board *board, size_t subject, const char *name, bool frees,
                         void (*write)(struct json *json, const struct cell *cell, bool frees))
{
	json_open(json, name, '[');
	for (size_t load = 0; load < board->load_count; load++) {
		const struct cell *cell = board_cell(board, subject, load);
		if (cell->load->kind == LOAD_NEEDLE && cell->ns.count > 0)
			write(json, cell, frees);
	}
	json_close(json, ']');
}

static void point_blocks(struct json *json, const struct cell *cell, bool frees)
{
	(void)frees;
	member_number(json, NULL, true, (double)cell->load->end);
}

static void point_ns(struct json *json, const struct cell *cell, bool frees)
{
	member_number(json, NULL, true, samples_quantile(frees ? &cell->free_ns : &cell->ns, 0.5));
}

static void point_spread(struct json *json, const struct cell *cell, bool frees)
{
	const struct samples *samples = frees ? &cell->free_ns : &cell->ns;

	member_number(json, NULL, samples->count > 1, samples_spread(samples));
}

static void point_steps(struct json *json, const struct cell *cell, bool frees)
{
	member_number(json, NULL, cell->counts_steps && !frees, cell->steps);
}

static void exponent_write(struct json *json, const struct board *board, size_t subject, bool frees)
{
	double exponent = 0;
	bool known = board_exponent(board, subject, frees, &exponent);

	line_open(json);
	allocator_write(json, &board->subjects[subject]);
	member_text(json, "operation", frees ? "free" : "alloc");
	member_number(json, "exponent", known, exponent);
	points_write(json, board, subject, "free_blocks", frees, point_blocks);
	points_write(json, board, subject, "ns", frees, point_ns);
	points_write(json, board, subject, "ns_spread", frees, point_spread);
	points_write(json, board, subject, "steps", frees, point_steps);
	json_close(json, '}');
}

static void summary_write(struct json *json, const struct board *board, size_t subject)
{
	struct summary summary = board_summary(board, subject);

	line_open(json);
	allocator_write(json, &board->subjects[subject]);
	member_number(json, "traces", true, (double)summary.traces);
	member_flag(json, "prefix", summary.prefix);
	member_number(json, "ratio_to_glibc", summary.has_ratio, summary.ratio);
	member_number(json, "first_ratio_to_glibc", summary.has_ratio, summary.first_ratio);
	member_number(json, "faults_per_1000_ops", summary.has_faults, summary.faults);
	member_number(json, "utilisation", summary.has_share, summary.utilisation);
	member_number(json, "utilisation_granule_8", summary.has_fine, summary.fine);
	member_flag(json, "best_layout", board_is_best_layout(board, subject));
	json_close(json, '}');
}

static void machine_write(struct json *json)
{
	struct machine machine;

	machine_read(&machine);
	json_open(json, "machine", '{');
	member_text(json, "processor", machine.processor);
	member_number(json, "processors", true, (double)machine.processors);
	member_number(json, "memory", true, (double)machine.memory);
	member_text(json, "system", machine.system);
	member_text(json, "huge_pages", machine.huge_pages);
	member_text(json, "compiler", MACHINE_COMPILER);
	member_number(json, "load_average", true, machine.load);
	json_close(json, '}');
}

void json_write(const struct board *board, FILE *file)
{
	struct json json = {.file = file};

	json_open(&json, NULL, '{');
	member_text(&json, "benchmark", "osmem-bench");
	member_flag(&json, "quick", board->quick);
	member_number(&json, "rounds", true, (double)board->rounds);
	member_number(&json, "seconds", true, board->seconds);
	machine_write(&json);
	json_open(&json, "results", '[');
	for (size_t load = 0; load < board->load_count; load++)
		for (size_t i = 0; board->loads[load].kind != LOAD_NEEDLE && i < board->subject_count; i++)
			result_write(&json, board, board_cell(board, i, load));
	json_close(&json, ']');
	json_open(&json, "exponents", '[');
	bool needles = board->load_count > 0 && board->loads[board->load_count - 1].kind == LOAD_NEEDLE;
	for (size_t i = 0; needles && i < board->subject_count; i++) {
		exponent_write(&json, board, i, false);
		exponent_write(&json, board, i, true);
	}
	json_close(&json, ']');
	json_open(&json, "summary", '[');
	for (size_t i = 0; i < board->subject_count; i++)
		summary_write(&json, board, i);
	json_close(&json, ']');
	json_close(&json, '}');
	fputc('\n', file);
}
