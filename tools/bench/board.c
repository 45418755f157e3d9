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

bool board_ratio(const struct board *board, const struct cell *cell, bool first, double *ratio)
{
	const struct samples *samples = first ? &cell->first_ns : &cell->ns;
	size_t load = (size_t)(cell->load - board->loads);

	for (size_t i = 0; i < board->subject_count; i++) {
		const struct cell *reference = board_cell(board, i, load);
		if (!reference->subject->policy && strcmp(reference->subject->name, SUBJECT_REFERENCE) == 0 &&
		    reference->ns.count > 0 && samples->count > 0) {
			double of = samples_quantile(first ? &reference->first_ns : &reference->ns, 0.5);
			*ratio = samples_quantile(samples, 0.5) / of;
			return of > 0;
		}
	}
	return false;
}

bool cell_utilisation(const struct cell *cell, bool fine, double *share)
{
	size_t heap = fine ? cell->fine_heap_bytes : cell->heap_bytes;

	if (cell->payload_bytes == 0 || cell->payload_bytes > heap)
		return false;
	*share = (double)cell->payload_bytes / (double)heap;
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

/* Add what there is of a recorded program to the sums. */
static void summary_add(struct summary *summary, const struct board *board, const struct cell *cell,
                        struct points *ratios, struct points *first_ratios)
{
	double ratio = 0, first_ratio = 0, share = 0, fine = 0;

	summary->traces++;
	summary->prefix |= cell->prefix;
	summary->has_ratio &= board_ratio(board, cell, false, &ratio) && ratio > 0;
	summary->has_ratio &= board_ratio(board, cell, true, &first_ratio) && first_ratio > 0;
	summary->has_share &= cell_utilisation(cell, false, &share);
	summary->has_fine &= cell_utilisation(cell, true, &fine);
	summary->has_faults &= cell->faults.count > 0;
	if (summary->has_ratio) {
		points_add(ratios, 1, ratio);
		points_add(first_ratios, 1, first_ratio);
	}
	summary->utilisation += share;
	summary->fine += fine;
	summary->faults += cell->faults.count > 0 ? samples_quantile(&cell->faults, 0.5) : 0;
}

struct summary board_summary(const struct board *board, size_t subject)
{
	struct summary summary = {.has_ratio = true, .has_share = true, .has_fine = true, .has_faults = true};
	struct points ratios = {0}, first_ratios = {0};

	for (size_t load = 0; load < board->load_count; load++) {
		const struct cell *cell = board_cell(board, subject, load);
		if (cell->load->kind == LOAD_TRACE && cell->ns.count > 0)
			summary_add(&summary, board, cell, &ratios, &first_ratios);
	}
	if (summary.traces == 0)
		return (struct summary){0};
	if (summary.has_ratio) {
		summary.ratio = points_mean(&ratios);
		summary.first_ratio = points_mean(&first_ratios);
	}
	summary.utilisation /= (double)summary.traces;
	summary.fine /= (double)summary.traces;
	summary.faults /= (double)summary.traces;
	return summary;
}

bool board_is_best_layout(const struct board *board, size_t subject)
{
	struct summary summary = board_summary(board, subject);
	const struct osm_policy *policy = board->subjects[subject].policy;

	if (!policy || !summary.has_ratio)
		return false;
	for (size_t i = 0; i < board->subject_count; i++) {
		const struct osm_policy *other = board->subjects[i].policy;
		if (i == subject || !other || strcmp(other->name, policy->name) != 0)
			continue;
		struct summary of_other = board_summary(board, i);
		if (of_other.has_ratio && (of_other.ratio < summary.ratio || (i < subject && of_other.ratio <= summary.ratio)))
			return false;
	}
	return true;
}
