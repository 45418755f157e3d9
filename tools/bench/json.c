/* SPDX-License-Identifier: BSD-3-Clause */
/* The results for programs: see json.h. */
#include "tools/bench/json.h"
#include "tools/bench/machine.h"
#include "tools/json.h"

static void json_quantile(struct json *json, const char *name, const struct samples *samples, double share)
{
	bool known = samples->count > 0;

	json_number(json, name, known, known ? samples_quantile(samples, share) : 0);
}

static void allocator_write(struct json *json, const struct subject *subject)
{
	json_text(json, "allocator", subject->name);
	json_text(json, "layout", subject->layout);
}

static void result_write(struct json *json, const struct board *board, const struct cell *cell)
{
	double share = 0, ratio = 0;
	bool measured = cell->ns.count > 0;

	json_line(json);
	json_text(json, "trace", cell->load->name);
	json_text(json, "kind", load_kinds[cell->load->kind]);
	allocator_write(json, cell->subject);
	json_number(json, "operations", measured, (double)(cell->end - cell->load->timed_from));
	json_flag(json, "prefix", cell->prefix);
	json_number(json, "rounds", true, (double)cell->ns.count);
	json_quantile(json, "ns_per_op", &cell->ns, 0.5);
	json_number(json, "ns_spread", cell->ns.count > 1, cell->ns.count > 1 ? samples_spread(&cell->ns) : 0);
	json_flag(json, "first_only", cell->first_only);
	json_quantile(json, "first_ns_per_op", &cell->first_ns, 0.5);
	json_quantile(json, "faults_per_1000_ops", &cell->faults, 0.5);
	json_quantile(json, "p999_ns", &cell->p999, 0.5);
	json_quantile(json, "worst_ns", &cell->worst, 0);
	json_number(json, "steps_per_op", measured && cell->counts_steps, cell->steps);
	bool known = cell_utilisation(cell, false, &share);
	json_number(json, "utilisation", known, share);
	known = cell_utilisation(cell, true, &share);
	json_number(json, "utilisation_granule_8", known, share);
	json_number(json, "peak_payload", cell->payload_bytes > 0, (double)cell->payload_bytes);
	json_number(json, "peak_heap", cell->heap_bytes > 0, (double)cell->heap_bytes);
	json_text(json, "heap_measure", footprint_kinds[cell->subject->measured]);
	known = board_ratio(board, cell, false, &ratio);
	json_number(json, "ratio_to_glibc", known, ratio);
	known = board_ratio(board, cell, true, &ratio);
	json_number(json, "first_ratio_to_glibc", known, ratio);
	json_text(json, "note", *cell->note ? cell->note : NULL);
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
	json_number(json, NULL, true, (double)cell->load->end);
}

static void point_ns(struct json *json, const struct cell *cell, bool frees)
{
	json_number(json, NULL, true, samples_quantile(frees ? &cell->free_ns : &cell->ns, 0.5));
}

static void point_spread(struct json *json, const struct cell *cell, bool frees)
{
	const struct samples *samples = frees ? &cell->free_ns : &cell->ns;

	json_number(json, NULL, samples->count > 1, samples_spread(samples));
}

static void point_steps(struct json *json, const struct cell *cell, bool frees)
{
	json_number(json, NULL, cell->counts_steps && !frees, cell->steps);
}

static void exponent_write(struct json *json, const struct board *board, size_t subject, bool frees)
{
	double exponent = 0;
	bool known = board_exponent(board, subject, frees, &exponent);

	json_line(json);
	allocator_write(json, &board->subjects[subject]);
	json_text(json, "operation", frees ? "free" : "alloc");
	json_number(json, "exponent", known, exponent);
	points_write(json, board, subject, "free_blocks", frees, point_blocks);
	points_write(json, board, subject, "ns", frees, point_ns);
	points_write(json, board, subject, "ns_spread", frees, point_spread);
	points_write(json, board, subject, "steps", frees, point_steps);
	json_close(json, '}');
}

static void summary_write(struct json *json, const struct board *board, size_t subject)
{
	struct summary summary = board_summary(board, subject);

	json_line(json);
	allocator_write(json, &board->subjects[subject]);
	json_number(json, "traces", true, (double)summary.traces);
	json_flag(json, "prefix", summary.prefix);
	json_number(json, "ratio_to_glibc", summary.has_ratio, summary.ratio);
	json_number(json, "first_ratio_to_glibc", summary.has_ratio, summary.first_ratio);
	json_number(json, "faults_per_1000_ops", summary.has_faults, summary.faults);
	json_number(json, "utilisation", summary.has_share, summary.utilisation);
	json_number(json, "utilisation_granule_8", summary.has_fine, summary.fine);
	json_flag(json, "best_layout", board_is_best_layout(board, subject));
	json_close(json, '}');
}

void json_write(const struct board *board, FILE *file)
{
	struct json json = {.file = file};

	json_open(&json, NULL, '{');
	json_text(&json, "benchmark", "osmem-bench");
	json_flag(&json, "quick", board->quick);
	json_number(&json, "rounds", true, (double)board->rounds);
	json_number(&json, "seconds", true, board->seconds);
	machine_json(&json);
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
