/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing a trace of the process in the binary form (framework/trace/code.h); a block's ID is its address.
 *
 * All calls but recorder_begin() do nothing while no trace is recorded.
 */
#ifndef OSMEM_DROPIN_RECORDER_H
#define OSMEM_DROPIN_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "framework/dropin/history.h"

/* Begin a trace in a new file; %p in its name becomes the process's number. What goes wrong is told on fd 2. */
void recorder_begin(const char *name);
/* From here on with call sites; memory can be allocated. */
void recorder_begin_sites(void);
bool recorder_runs(void);
/* What the trace tells of a block; nothing if none is recorded. */
struct history recorder_history(const void *block);

/* Note a block that has been allocated, or that is about to be freed: in this order no other thread's note of the same
 * address can come in between. */
void recorder_alloc(const void *p, size_t n);
void recorder_calloc(const void *p, size_t count, size_t each);
void recorder_aligned(const void *p, size_t align, size_t n);
void recorder_free(const void *p);
/* A block that moves is freed and allocated in one: the lock is held around the call and its note. Returns the call site;
 * `to` NULL: nothing has changed. */
uint32_t recorder_move_begin(void);
void recorder_move_end(const void *from, const void *to, size_t n, uint32_t site);

/* The process ends soon: let the file have no more room than it needs. */
void recorder_trim(void);
/* Around a fork, and in the child: the trace is the parent's. The child begins one of its own when it allocates. */
void recorder_lock(void);
void recorder_unlock(void);
void recorder_fork(void);
/* Is this thread in the recorder? Then a fork of its signal handlers must not wait for it. */
bool recorder_is_entered(void);

#endif
