/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing a trace of the process, as tools/trace.h describes it; a block's number is its address.
 *
 * All calls but recorder_begin() do nothing while no trace is recorded.
 */
#ifndef OSMEM_DROPIN_RECORDER_H
#define OSMEM_DROPIN_RECORDER_H

#include <stdbool.h>
#include <stddef.h>

/* Begin a trace in a new file; %p in its name becomes the process's number. What goes wrong is told on fd 2. */
void recorder_begin(const char *name);
bool recorder_runs(void);

/* Note a block that has been allocated, or that is about to be freed: in this order no other thread's note of the same
 * address can come in between. */
void recorder_alloc(const void *p, size_t n);
void recorder_aligned(const void *p, size_t align, size_t n);
void recorder_free(const void *p);
/* A block that moves is freed and allocated in one: the lock is held around the call and its note. */
void recorder_lock(void);
void recorder_moved(const void *from, const void *to, size_t n);
void recorder_unlock(void);

/* Write what is not written yet. */
void recorder_flush(void);
/* In a forked child: the trace is the parent's. */
void recorder_abandon(void);

#endif
