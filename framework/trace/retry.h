/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading and writing that a signal may interrupt: it goes on. A program that a signal is to end says so; then what waits
 * for a pipe ends with EINTR. Its handler is set without SA_RESTART.
 */
#ifndef OSMEM_TRACE_RETRY_H
#define OSMEM_TRACE_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether reading and writing are to end; NULL, as at first: they never are. For all threads, to be set before them. */
extern bool (*retry_is_over)(void);

ssize_t retry_read(int fd, void *bytes, size_t n);
ssize_t retry_write(int fd, const void *bytes, size_t n);

#endif
