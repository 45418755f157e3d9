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
	struct osm_trace_summary totals; /**< What was in it. */
	uint64_t strays;                 /**< Operations on blocks that are not live. */
};

/** @brief What blocks are called in the copy. */
enum copy_names {
	COPY_SAME,       /**< As they were. */
	COPY_RENUMBERED, /**< 0, 1, 2 in the order of their allocation. */
	COPY_RECORDED    /**< The same, but a realloc that moves a block gives it the next number, and operations on blocks
	                      that are not live are no error but copied: mistakes of the program that was recorded. */
};

/**
 * @brief Read a trace and write it. What goes wrong is told on stderr, and then there is no file.
 * @param from    the trace
 * @param to      the file
 * @param form    how operations are written
 * @param packing how the file is compressed
 * @param names   what blocks are called
 * @param result  filled in
 * @return an exit status
 */
int copy_trace(const char *from, const char *to, enum osm_trace_form form, enum osm_trace_packing packing,
               enum copy_names names, struct copy_result *result);

#endif
