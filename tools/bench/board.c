/* SPDX-License-Identifier: BSD-3-Clause */
/* What came out, and what follows from it: see board.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/bench/board.h"

bool board_begin(struct board *board)
{
	board->cells = calloc(board->subject_count * board->load_count + 1, sizeof *board->cells);
	for (size_t load = 0; board->cells && load < board->load_count; load++) {
		for (size_t subject = 0; subject < board->subject_count; subject++) {
			struct cell *cell = board_cell(board, subject, load);
			cell->subject = &board->subjects[subject];
			cell->load = &board->loads[load];
			cell->end = cell->load->end;
		}
	}
	return board->cells != NULL;
}

void board_end(struct board *board)
{
	for (size_t load = 0; load < board->load_count; load++)
		if (board->loads[load].fd >= 0)
			close(board->loads[load].fd);
	free(board->subjects);
	free(board->loads);
	free(board->cells);
}

struct cell *board_cell(const struct board *board, size_t subject, size_t load)
{
	return &board->cells[load * board->subject_count + subject];
}

bool board_ratio(const struct board *board, const struct cell *cell, double *ratio)
{
	size_t load = (size_t)(cell->load - board->loads);

	for (size_t i = 0; i < board->subject_count; i++) {
		const struct cell *reference = board_cell(board, i, load);
		if (!reference->subject->policy && strcmp(reference->subject->name, SUBJECT_REFERENCE) == 0 &&
		    reference->ns.count > 0 && cell->ns.count > 0) {
			double of = samples_quantile(&reference->ns, 0.5);
			*ratio = samples_quantile(&cell->ns, 0.5) / of;
			return of > 0;
		}
	}
	return false;
}

bool cell_utilisation(const struct cell *cell, double *share)
{
	if (cell->payload_bytes == 0 || cell->payload_bytes > cell->heap_bytes)
		return false;
	*share = (double)cell->payload_bytes / (double)cell->heap_bytes;
	return true;
}

bool board_exponent(const struct board *board, size_t subject, bool frees, double *exponent)
{
	struct points points = {0};

	for (size_t load = 0; load < board->load_count; load++) {
		const struct cell *cell = board_cell(board, subject, load);
		const struct samples *samples = frees ? &cell->free_ns : &cell->ns;
		if (cell->load->kind == LOAD_NEEDLE && samples->count > 0) {
			double ns = samples_quantile(samples, 0.5);
			/* below a nanosecond there is only the clock */
			points_add(&points, (double)cell->load->end, ns > 1 ? ns : 1);
		}
	}
	return points_exponent(&points, exponent);
}

struct summary board_summary(const struct board *board, size_t subject)
{
	struct summary summary = {.has_ratio = true, .has_share = true};
	struct points ratios = {0};

	for (size_t load = 0; load < board->load_count; load++) {
		const struct cell *cell = board_cell(board, subject, load);
		double ratio = 0, share = 0;
		if (cell->load->kind != LOAD_TRACE || cell->ns.count == 0)
			continue;
		summary.traces++;
		summary.prefix |= cell->prefix;
		summary.has_ratio &= board_ratio(board, cell, &ratio) && ratio > 0;
		summary.has_share &= cell_utilisation(cell, &share);
		if (ratio > 0)
			points_add(&ratios, 1, ratio);
		summary.utilisation += share;
	}
	summary.has_ratio &= ratios.count > 0;
	summary.has_share &= summary.traces > 0;
	if (summary.has_ratio)
		summary.ratio = points_mean(&ratios);
	if (summary.has_share)
		summary.utilisation /= (double)summary.traces;
	return summary;
}
