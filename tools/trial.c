/* SPDX-License-Identifier: BSD-3-Clause */
/* One policy on one backend, measured with a trace: see trial.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, MADV_DONTNEED */

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tools/trial.h"
#include "tools/progress.h"

/* Larger than the worst policy's heap, but not by far: the mock clears the metadata for all of it. */
#define ARENA_TIMES_PEAK 8
#define ARENA_BYTES_MIN ((size_t)4 << 20)

#define TIMED_ENOUGH_NS 0.5e9
#define STEPS_A_LOOK 64

static const char stage_check[] = "checking", stage_time[] = "timing";

bool trial_arena_begin(struct trial_arena *arena, const struct trace *trace)
{
	errno = ENOMEM;
	if (trace->peak_bytes > (PTRDIFF_MAX - ARENA_BYTES_MIN) / ARENA_TIMES_PEAK)
		return false;
	arena->bytes = ARENA_BYTES_MIN + ARENA_TIMES_PEAK * trace->peak_bytes;
	arena->memory =
		mmap(NULL, arena->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return arena->memory != MAP_FAILED;
}

void trial_arena_end(struct trial_arena *arena)
{
	munmap(arena->memory, arena->bytes);
}

static struct osm_heap *heap_begin(const struct trial *trial, struct replay_failure *failure)
{
	struct osm_backend *backend = trial->backend;

	if (!backend) {
		osm_mock_init(&trial->arena->mock, trial->arena->memory, trial->arena->bytes);
		backend = &trial->arena->mock.backend;
	}
	struct osm_heap *heap = osm_heap_create(trial->policy, backend, NULL);
	if (!heap)
		*failure = (struct replay_failure){1, "the heap could not be made"};
	return heap;
}

/* The checked replay, and what is looked at on its way. */
struct watch {
	const struct trial *trial;
	struct trial_result *result;
	bool map_failed;
};

static bool watch_step(void *context, struct osm_heap *heap, size_t done)
{
	struct watch *watch = context;
	const struct trial *trial = watch->trial;

	if (trial->map && done == trial->trace->peak_at)
		watch->map_failed = !heapmap_capture(trial->map, heap);
	if (done == trial->trace->alloc_end) {
		struct osm_stats stats;
		osm_heap_stats(heap, &stats);
		watch->result->free_blocks = stats.free_blocks;
		watch->result->largest_free = stats.largest_free;
	}
	if (done % STEPS_A_LOOK == 0)
		progress_show(trial->job, stage_check, done, trial->trace->count);
	return !*trial->stop && !watch->map_failed;
}

static enum replay_end trial_check(const struct trial *trial, struct trial_result *result,
                                   struct replay_failure *failure)
{
	struct watch watch = {.trial = trial, .result = result};

	if (!trial->backend) {
		/* zero again, as memory fresh from the system is */
		madvise(trial->arena->memory, trial->arena->bytes, MADV_DONTNEED);
	}
	struct osm_heap *heap = heap_begin(trial, failure);
	if (!heap)
		return REPLAY_FAILED;
	enum replay_end end = replay_check(heap, trial->trace, watch_step, &watch, failure);
	if (watch.map_failed) {
		*failure = (struct replay_failure){trial->trace->peak_at, "the heap could not be walked"};
		end = REPLAY_FAILED;
	}
	struct osm_stats stats;
	osm_heap_stats(heap, &stats);
	result->peak_bytes = stats.peak_bytes;
	osm_heap_destroy(heap);
	return end;
}

static int ns_compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* The checked replay went before, so the arena's pages are there already and are not counted. */
static enum replay_end trial_time(const struct trial *trial, struct trial_result *result,
                                  struct replay_failure *failure)
{
	double ns[TRIAL_REPLAYS_MAX], sum = 0;
	size_t n = 0;

	while (n < trial->replays && sum < TIMED_ENOUGH_NS) {
		progress_show(trial->job, stage_time, n, trial->replays);
		struct osm_heap *heap = heap_begin(trial, failure);
		if (!heap)
			return REPLAY_FAILED;
		enum replay_end end = replay_time(heap, trial->trace, trial->stop, &ns[n], failure);
		osm_heap_destroy(heap);
		if (end != REPLAY_DONE)
			return end;
		sum += ns[n++];
	}
	qsort(ns, n, sizeof *ns, ns_compare);
	double median = (ns[(n - 1) / 2] + ns[n / 2]) / 2;
	result->ns = trial->trace->count ? median / (double)trial->trace->count : 0;
	return REPLAY_DONE;
}

enum replay_end trial_run(const struct trial *trial, struct trial_result *result, struct replay_failure *failure)
{
	*result = (struct trial_result){0};
	enum replay_end end = trial_check(trial, result, failure);
	return end == REPLAY_DONE ? trial_time(trial, result, failure) : end;
}
