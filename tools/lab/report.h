/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file report.h
 * @brief What came out as a page: one file with inline plots that needs no other.
 */
#ifndef OSMEM_TOOLS_LAB_REPORT_H
#define OSMEM_TOOLS_LAB_REPORT_H

#include "tools/lab/contest.h"

/**
 * @brief Can a report be drawn, and its file be written? To be asked before the work.
 * @param path the file
 * @return false if not, or if gnuplot is missing: a message on stderr tells
 */
bool report_is_possible(const char *path);

/**
 * @brief Write the report. Whoever finds the file finds it whole.
 * @param contest what came out
 * @param path    the file
 * @return false if that failed: a message on stderr tells why
 */
bool report_write(const struct contest *contest, const char *path);

#endif
