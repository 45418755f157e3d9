/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A checked replay that is watched: see watch.h.
 *
 * After each operation the heap is asked for what it knows without a walk, so measures, growth and searches miss
 * nothing. The free blocks are looked at for the samples only.
 */
#define _GNU_SOURCE /* clock_gettime */

#include <stdio.h>
#include <stdlib.h>

#include "tools/bench/clock.h"
#include "tools/lab/watch.h"
#include "tools/progress.h"
#include "tools/replay.h"

#define SAMPLES_SPREAD 256
#define MAPPED_HEADER 32 /* struct block_meta */

static const char stage_watch[] = "watching";

struct watch {
	const struct job *job;
	struct outcome *outcome;
	struct stage stage;
	struct replay_block *blocks;
	size_t requested;
	struct osm_stats before; /* after the operation before */
	size_t bare_heap;        /* regions as they would be without headers */
	uint64_t sample_every;
	bool header_known;
};

/* What a walk adds to a sample. */
struct look {
	struct sample *sample;
	double *sizes;
	size_t header;
};

static bool look_at(const struct osm_block *block, void *context)
{
	struct look *look = context;

	if (!block->mapped)
		look->header = block->header_bytes;
	if (block->free) {
		look->sample->free_blocks++;
		look->sample->free_bytes += block->size;
		if (block->size > look->sample->largest_free)
			look->sample->largest_free = block->size;
		look->sizes[bin_of(block->size)]++;
	}
	return true;
}

static size_t used_bytes(const struct osm_stats *stats)
{
	return stats->heap_bytes + stats->mapped_bytes + stats->metadata_bytes;
}

/*
 * Regions as they would be without headers: what the headers that were live took whenever the regions grew is left out.
 * Later frees do not give it back, so it does not come in again; but what is live has to fit.
 */
static void bare_heap_follow(struct watch *watch, const struct osm_stats *stats)
{
	size_t placed = stats->live_blocks - stats->mapped_blocks;
	size_t without = stats->heap_bytes - placed * watch->outcome->header_bytes;
	size_t payload = stats->live_bytes - (stats->mapped_bytes - stats->mapped_blocks * MAPPED_HEADER);

	if (stats->heap_bytes > watch->before.heap_bytes && without > watch->bare_heap)
		watch->bare_heap = without;
	if (stats->heap_bytes < watch->before.heap_bytes && without < watch->bare_heap)
		watch->bare_heap = without;
	if (payload > watch->bare_heap)
		watch->bare_heap = payload;
}

static size_t bare_bytes(const struct watch *watch, const struct osm_stats *stats)
{
	return watch->bare_heap + stats->mapped_bytes - stats->mapped_blocks * MAPPED_HEADER;
}

/* The header of a block that the policy placed: it is the same for all. */
static void header_learn(struct watch *watch, const struct osm_stats *stats)
{
	struct sample ignored = {0};
	double sizes[BINS] = {0};
	struct look look = {&ignored, sizes, 0};

	if (watch->header_known || stats->live_blocks == stats->mapped_blocks)
		return;
	osm_heap_walk(watch->stage.heap, look_at, &look);
	watch->outcome->header_bytes = look.header;
	watch->header_known = true;
}

static void sample_take(struct watch *watch, uint64_t done, const struct osm_stats *stats)
{
	struct outcome *outcome = watch->outcome;
	struct sample *sample = &outcome->samples[outcome->sample_count];
	struct look look = {sample, outcome->free_sizes, 0};

	if (outcome->sample_count == SAMPLES_MAX)
		return;
	*sample = (struct sample){
		.op = done, .requested = watch->requested, .used = used_bytes(stats), .bare = bare_bytes(watch, stats)};
	osm_heap_walk(watch->stage.heap, look_at, &look);
	outcome->sample_count++;
}

/* What one operation did to the heap. */
static void op_note(struct watch *watch, const struct trace_op *op, size_t before, uint64_t done)
{
	struct outcome *outcome = watch->outcome;
	const struct tape_totals *totals = watch->job->totals;
	struct osm_stats stats;

	watch->requested += op->size - before;
	osm_heap_tally(watch->stage.heap, &stats);
	header_learn(watch, &stats);
	bare_heap_follow(watch, &stats);
	size_t allocated = op->size > before ? op->size - before : 0;
	measures_note(&outcome->whole, allocated, watch->requested, used_bytes(&stats));
	measures_note(&outcome->bare, allocated, watch->requested, bare_bytes(watch, &stats));
	if (op->kind != OSM_TRACE_FREE) {
		uint64_t steps = stats.search_steps - watch->before.search_steps;
		outcome->searches[bin_of(steps)]++;
		outcome->search_ops++;
		outcome->search_steps += steps;
		if (steps > outcome->search_worst)
			outcome->search_worst = steps;
	}
	if (stats.grow_calls != watch->before.grow_calls) {
		if (stats.heap_bytes > watch->before.heap_bytes)
			outcome->grown[(done - 1) * GROWTH_PARTS / totals->ops] += stats.heap_bytes - watch->before.heap_bytes;
		outcome->grow_calls = stats.grow_calls;
	}
	watch->before = stats;
	if (done % watch->sample_every == 0 || done == totals->peak_at || done == totals->ops)
		sample_take(watch, done, &stats);
}

static void fail(struct outcome *outcome, uint64_t op, const char *reason)
{
	outcome->failed = true;
	snprintf(outcome->note, sizeof outcome->note, "operation %llu: %s", (unsigned long long)op, reason);
}

static bool batch_run(struct watch *watch, const struct trace_op *ops, size_t count)
{
	struct outcome *outcome = watch->outcome;

	for (size_t i = 0; i < count; i++) {
		struct replay_block *block = &watch->blocks[ops[i].slot];
		size_t before = ops[i].kind == OSM_TRACE_FREE || ops[i].kind == OSM_TRACE_REALLOC ? block->size : 0;
		const char *reason = replay_check_op(watch->stage.heap, &ops[i], outcome->ops, block);
		if (reason) {
			fail(outcome, outcome->ops + 1, reason);
			return false;
		}
		op_note(watch, &ops[i], before, ++outcome->ops);
		if (*watch->job->stop)
			return false;
	}
	return true;
}

static void tape_play(struct watch *watch, struct tape *tape)
{
	const struct job *job = watch->job;
	struct outcome *outcome = watch->outcome;
	uint64_t begin = clock_cpu_ns();
	const struct trace_op *ops;
	size_t count;

	while ((ops = tape_next(tape, &count)) && count > 0 && batch_run(watch, ops, count)) {
		progress_show(job->label, stage_watch, outcome->ops, job->totals->ops);
		outcome->cut =
			job->limit > 0 && outcome->ops < job->totals->ops && (double)(clock_cpu_ns() - begin) > 1e9 * job->limit;
		if (outcome->cut)
			break;
	}
	if (!tape_is_good(tape))
		fail(outcome, outcome->ops + 1, "the trace changed while it was replayed");
}

/* The means, and a last look at everything. */
static void finish(struct watch *watch)
{
	struct outcome *outcome = watch->outcome;

	for (size_t bin = 0; bin < BINS && outcome->sample_count > 0; bin++)
		outcome->free_sizes[bin] /= (double)outcome->sample_count;
	if (outcome->failed || *watch->job->stop)
		return;
	const char *reason = replay_check_end(watch->stage.heap, watch->blocks, watch->job->totals->slots);
	if (reason)
		fail(outcome, outcome->ops + 1, reason);
	outcome->memory_known = outcome->walked = !reason;
}

bool watch_run(const struct job *job, struct outcome *outcome)
{
	struct watch watch = {.job = job, .outcome = outcome, .sample_every = job->totals->ops / SAMPLES_SPREAD + 1};
	struct tape *tape = tape_open(job->totals->path);

	watch.blocks = calloc(job->totals->slots + 1, sizeof *watch.blocks);
	const char *reason = tape && watch.blocks ? stage_open(&watch.stage, job->setup, job->totals->peak_bytes)
	                                          : "no memory for the replay's own tables";
	if (reason) {
		fail(outcome, 0, reason);
	} else {
		tape_play(&watch, tape);
		finish(&watch);
		stage_close(&watch.stage);
	}
	free(watch.blocks);
	tape_close(tape);
	return !*job->stop;
}
