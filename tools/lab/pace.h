/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file pace.h
 * @brief A trace replayed on a heap for its time: payloads are not touched, and reading the trace does not count.
 */
#ifndef OSMEM_TOOLS_LAB_PACE_H
#define OSMEM_TOOLS_LAB_PACE_H

#include "tools/lab/watch.h"

/** @brief Most timed replays in a heap that was used before. */
#define PACE_ROUNDS_MAX 9

/**
 * @brief Replay for time: in a fresh heap, then with all blocks freed in the same heap, then one operation at a time.
 * @param job     what
 * @param outcome `times`, `timed_ops`, and what goes wrong are filled in
 * @return false if it was told to stop
 */
bool pace_run(const struct job *job, struct outcome *outcome);

#endif
