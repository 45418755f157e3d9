/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file json.h
 * @brief The results for programs.
 *
 *     {"benchmark": "osmem-bench", "quick": ..., "rounds": ..., "seconds": ...,
 *      "machine": {...}, "results": [{...}], "exponents": [{...}], "summary": [{...}]}
 *
 * Times are nanoseconds, sizes bytes, utilisations fractions. What is not known is null. `ns_per_op` and `ratio_to_glibc`
 * are of warm runs, `first_ns_per_op` and `first_ratio_to_glibc` of first ones; where `first_only` is true, all are of those.
 * Each allocator has a result for
 * each load that is no needle load, and two exponents, one for `alloc` and one for `free`, if there are needle loads.
 */
#ifndef OSMEM_TOOLS_BENCH_JSON_H
#define OSMEM_TOOLS_BENCH_JSON_H

#include <stdio.h>

#include "tools/bench/board.h"

/**
 * @brief Write the results.
 * @param board what was measured
 * @param file  where to
 */
void json_write(const struct board *board, FILE *file);

#endif
