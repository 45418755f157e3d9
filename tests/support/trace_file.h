/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file for traces, which tests write, change and read.
 */
#ifndef TESTS_SUPPORT_TRACE_FILE_H
#define TESTS_SUPPORT_TRACE_FILE_H

#include <osmem/trace.h>
#include <stddef.h>

/* The file's name; valid between the next two, which are a group's setup and teardown. */
extern char trace_path[];
int trace_file_begin(void **state);
int trace_file_end(void **state);

void file_write(const void *bytes, size_t n);
/* Its bytes and a zero byte, for the caller to free. */
char *file_read(size_t *n);
/* Read the trace to its end; how it ended. */
enum osm_trace_next read_all(struct osm_trace_summary *totals, struct osm_trace_error *error);

#endif
