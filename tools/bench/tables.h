/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file tables.h
 * @brief The results for people.
 */
#ifndef OSMEM_TOOLS_BENCH_TABLES_H
#define OSMEM_TOOLS_BENCH_TABLES_H

#include "tools/bench/board.h"

/**
 * @brief Print all tables to standard output: one a load, one of the needle loads, and what the traces say together.
 * @param board what was measured
 */
void tables_print(const struct board *board);

#endif
