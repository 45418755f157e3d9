/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file copy.h
 * @brief A trace from file to file.
 */
#ifndef OSMEM_TOOLS_OSMEM_COPY_H
#define OSMEM_TOOLS_OSMEM_COPY_H

#include <stdbool.h>

#include <osmem/trace.h>

/** @brief What was copied. */
struct copy_result {
	struct osm_trace_totals totals; /**< What was in it. */
	uint64_t time;                  /**< The last operation's time. */
};

/**
 * @brief Read a trace and write it. What goes wrong is told on stderr, and then there is no file.
 * @param from     the trace
 * @param to       the file
 * @param form     how operations are written
 * @param packing  how the file is compressed
 * @param renumber blocks get new names, 0, 1, 2 in the order of their allocation
 * @param result   filled in
 * @return an exit status
 */
int copy_trace(const char *from, const char *to, enum osm_trace_form form, enum osm_trace_packing packing, bool renumber,
               struct copy_result *result);

#endif
