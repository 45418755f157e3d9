/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file watch.h
 * @brief A trace replayed on a heap with every payload checked, while memory, fragmentation and searches are watched.
 */
#ifndef OSMEM_TOOLS_LAB_WATCH_H
#define OSMEM_TOOLS_LAB_WATCH_H

#include <signal.h>

#include "tools/lab/outcome.h"
#include "tools/lab/stage.h"
#include "tools/lab/tape.h"

/** @brief What is replayed, and on what. */
struct job {
	const struct tape_totals *totals;  /**< The trace. */
	const struct setup *setup;         /**< The heap. */
	double limit;                      /**< Seconds of processor time after which a replay is cut; 0: never. */
	unsigned rounds;                   /**< Timed replays in a heap that was used before. */
	bool no_times;                     /**< Only memory is of interest. */
	const volatile sig_atomic_t *stop; /**< Non-zero from some moment on: stop. */
	const char *label;                 /**< What the progress line says. */
};

/**
 * @brief Replay and watch. Cost: that of the replay, and a walk over the heap for each sample.
 * @param job     what
 * @param outcome what is watched is filled in, the rest stays as it is
 * @return false if it was told to stop
 */
bool watch_run(const struct job *job, struct outcome *outcome);

#endif
