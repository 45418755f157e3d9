/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file contest_table.h
 * @brief What came out, as tables on a terminal and as JSON.
 */
#ifndef OSMEM_TOOLS_LAB_CONTEST_TABLE_H
#define OSMEM_TOOLS_LAB_CONTEST_TABLE_H

#include "tools/json.h"
#include "tools/lab/contest.h"

/**
 * @brief Print a table for each trace, one over all if there are several, and the verdict.
 * @param contest the whole
 * @param colour  true: what is best in a column is coloured
 */
void contest_print(const struct contest *contest, bool colour);

/**
 * @brief Print all as JSON.
 * @param contest the whole
 * @param file    where to
 */
void contest_json(const struct contest *contest, FILE *file);

#endif
