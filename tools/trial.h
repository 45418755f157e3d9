/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file trial.h
 * @brief One policy on one backend, measured with a trace: a checked replay, then replays for time.
 */
#ifndef OSMEM_TOOLS_TRIAL_H
#define OSMEM_TOOLS_TRIAL_H

#include <osmem/mock.h>

#include "tools/heapmap.h"
#include "tools/replay.h"

/** @brief Most replays for time. */
#define TRIAL_REPLAYS_MAX 9

/** @brief Memory for a mock's arena, used again by one heap after the other. */
struct trial_arena {
	struct osm_mock mock; /**< The mock over it. */
	void *memory;         /**< Its memory. */
	size_t bytes;         /**< How much. */
};

/** @brief What to measure. */
struct trial {
	const struct trace *trace;         /**< The operations. */
	const struct osm_policy *policy;   /**< The policy. */
	struct osm_backend *backend;       /**< The backend; NULL: a mock in `arena`. */
	struct trial_arena *arena;         /**< Where the heaps lie if there is no backend. */
	size_t replays;                    /**< Replays for time, 1 to TRIAL_REPLAYS_MAX; fewer if they are slow. */
	const volatile sig_atomic_t *stop; /**< Non-zero from some moment on: stop. */
	const char *job;                   /**< What the progress line says. */
	struct heapmap *map;               /**< Captured at the trace's peak, for the caller to release; or NULL. */
};

/** @brief What was measured; all sizes in bytes. */
struct trial_result {
	double ns;           /**< Processor time an operation, in nanoseconds: the median of the replays. */
	size_t peak_bytes;   /**< The most that regions, mappings and metadata ever were together. */
	size_t free_blocks;  /**< Free blocks after the last operation of the trace that is not a free. */
	size_t largest_free; /**< The largest of them. */
};

/**
 * @brief Make an arena that the heap of any policy fits into.
 * @param arena filled in
 * @param trace the trace that will be replayed
 * @return false with errno if the system does not give so much address space
 */
bool trial_arena_begin(struct trial_arena *arena, const struct trace *trace);

/**
 * @brief Give an arena's memory back.
 * @param arena the arena
 */
void trial_arena_end(struct trial_arena *arena);

/**
 * @brief Measure.
 * @param trial   what
 * @param result  filled in if REPLAY_DONE is returned
 * @param failure filled in if REPLAY_FAILED is returned
 * @return how it ended
 */
enum replay_end trial_run(const struct trial *trial, struct trial_result *result, struct replay_failure *failure);

#endif
