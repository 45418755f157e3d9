/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file outcome_json.h
 * @brief Outcomes for programs. Sizes are in bytes, times in nanoseconds, fragmentation as a share: 0.5 is half as much
 * again as was asked for. What is not known is null.
 */
#ifndef OSMEM_TOOLS_LAB_OUTCOME_JSON_H
#define OSMEM_TOOLS_LAB_OUTCOME_JSON_H

#include "tools/json.h"
#include "tools/lab/outcome.h"
#include "tools/lab/tape.h"

/**
 * @brief Write what a trace is, as an element of the array that is open.
 * @param json   the writer
 * @param totals the trace
 */
void trace_json(struct json *json, const struct tape_totals *totals);

/**
 * @brief Write an outcome as an element of the array that is open.
 * @param json    the writer
 * @param totals  the trace
 * @param outcome what was found out
 */
void outcome_json(struct json *json, const struct tape_totals *totals, const struct outcome *outcome);

#endif
