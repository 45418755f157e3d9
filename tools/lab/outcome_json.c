/* SPDX-License-Identifier: BSD-3-Clause */
/* Outcomes for programs: see outcome_json.h. */
#include "tools/lab/outcome_json.h"

void trace_json(struct json *json, const struct tape_totals *totals)
{
	json_line(json);
	json_text(json, "file", totals->path);
	json_text(json, "name", totals->name);
	json_number(json, "operations", true, (double)totals->ops);
	json_number(json, "blocks", true, (double)totals->blocks);
	json_number(json, "most_blocks", true, (double)totals->slots);
	json_number(json, "allocated_bytes", true, (double)totals->allocated);
	json_number(json, "peak_payload", true, (double)totals->peak_bytes);
	json_number(json, "peak_at", true, (double)totals->peak_at);
	json_close(json, '}');
}

static void measures_json(struct json *json, const char *name, bool known, const struct measures *measures)
{
	json_open(json, name, '[');
	for (int which = 1; which <= MEASURES; which++) {
		double value = 0;
		bool is_there = known && measures_value(measures, which, &value);
		json_number(json, NULL, is_there, value);
	}
	json_close(json, ']');
}

static void times_json(struct json *json, const struct times *times)
{
	bool single = times->known && times->worst > 0;

	json_open(json, "times", '{');
	json_number(json, "first_ns_per_op", times->known, times->first);
	json_number(json, "warm_ns_per_op", times->is_warm, times->warm);
	json_number(json, "rounds", true, (double)times->rounds);
	json_number(json, "loop_ns_per_op", times->known, times->loop);
	json_number(json, "median_ns", single, times->median);
	json_number(json, "p99_ns", single, times->p99);
	json_number(json, "p999_ns", single, times->p999);
	json_number(json, "worst_ns", single, times->worst);
	json_close(json, '}');
}

/* A number an element; bin k > 0 begins at 2^(k-1). */
static void bins_json(struct json *json, const char *name, const double *means, const uint64_t *counts)
{
	size_t used = BINS;

	while (used > 0 && (means ? means[used - 1] <= 0 : counts[used - 1] == 0))
		used--;
	json_open(json, name, '[');
	for (size_t bin = 0; bin < used; bin++)
		json_number(json, NULL, true, means ? means[bin] : (double)counts[bin]);
	json_close(json, ']');
}

static void samples_json(struct json *json, const struct outcome *outcome)
{
	json_open(json, "samples", '[');
	for (size_t i = 0; i < outcome->sample_count; i++) {
		const struct sample *sample = &outcome->samples[i];

		json_line(json);
		json_number(json, "operation", true, (double)sample->op);
		json_number(json, "payload", true, (double)sample->requested);
		json_number(json, "used", true, (double)sample->used);
		json_number(json, "used_without_headers", outcome->walked, (double)sample->bare);
		json_number(json, "free_blocks", outcome->walked, (double)sample->free_blocks);
		json_number(json, "free_bytes", outcome->walked, (double)sample->free_bytes);
		json_number(json, "largest_free", outcome->walked, (double)sample->largest_free);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void inside_json(struct json *json, const struct outcome *outcome)
{
	bool searched = outcome->walked && outcome->search_ops > 0;

	json_number(json, "header_bytes", outcome->walked, (double)outcome->header_bytes);
	json_number(json, "steps_per_search", searched,
	            searched ? (double)outcome->search_steps / (double)outcome->search_ops : 0);
	json_number(json, "most_steps", searched, (double)outcome->search_worst);
	bins_json(json, "searches_by_steps", NULL, outcome->searches);
	bins_json(json, "free_blocks_by_size", outcome->free_sizes, NULL);
	json_number(json, "grow_calls", outcome->walked, (double)outcome->grow_calls);
	json_open(json, "grown", '[');
	for (size_t part = 0; outcome->walked && part < GROWTH_PARTS; part++)
		json_number(json, NULL, true, (double)outcome->grown[part]);
	json_close(json, ']');
}

void outcome_json(struct json *json, const struct tape_totals *totals, const struct outcome *outcome)
{
	json_line(json);
	json_text(json, "trace", totals->name);
	json_text(json, "allocator", outcome->name);
	json_text(json, "layout", outcome->layout);
	json_text(json, "note", *outcome->note ? outcome->note : NULL);
	json_flag(json, "failed", outcome->failed);
	json_flag(json, "cut", outcome->cut);
	json_number(json, "operations", true, (double)outcome->ops);
	json_number(json, "timed_operations", true, (double)outcome->timed_ops);
	json_number(json, "peak_used", outcome->memory_known, (double)outcome->whole.most_used);
	measures_json(json, "fragmentation", outcome->memory_known, &outcome->whole);
	measures_json(json, "fragmentation_without_headers", outcome->walked, &outcome->bare);
	times_json(json, &outcome->times);
	inside_json(json, outcome);
	samples_json(json, outcome);
	json_close(json, '}');
}
