/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file tape.h
 * @brief A trace as the lab plays it: batches of operations whose blocks are slots, read anew for each replay, so that
 * memory does not depend on how long the trace is.
 */
#ifndef OSMEM_TOOLS_LAB_TAPE_H
#define OSMEM_TOOLS_LAB_TAPE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/trace.h"

/** @brief Operations of a batch: 64 KiB, which the caches hold. */
#define TAPE_BATCH 4096

/** @brief What a trace is, after a first reading. */
struct tape_totals {
	const char *path;   /**< The file. */
	char name[64];      /**< Its name without folder and endings. */
	uint64_t ops;       /**< Operations. */
	uint64_t blocks;    /**< Blocks that were ever allocated. */
	uint64_t allocated; /**< Bytes that were ever allocated; of a realloc what it grew by. */
	size_t peak_bytes;  /**< The most payload bytes that were live at a time, as asked for. */
	uint64_t peak_at;   /**< Operations done when they first were. */
	uint64_t alloc_end; /**< Operations done when the last one that is not a free was done. */
	size_t slots;       /**< The most blocks that were live at a time. */
};

/** @brief A trace that is being played. */
struct tape;

/**
 * @brief Read a trace from its beginning to its end.
 * @param path   the file
 * @param totals filled in
 * @param stop   non-zero from some moment on: give up
 * @return false if it is bad, which a message on stderr tells, or if it was stopped
 */
bool tape_survey(const char *path, struct tape_totals *totals, const volatile sig_atomic_t *stop);

/**
 * @brief Survey several traces before anything is done with the first: a mistake in the last one shows at once.
 * @param paths  the files
 * @param count  how many
 * @param totals written: one for each, for the caller to free, also after a failure; or NULL
 * @param stop   non-zero from some moment on: give up
 * @return an exit status: CLI_OK, or why it failed, which a message on stderr tells
 */
int tape_survey_all(char *const *paths, size_t count, struct tape_totals **totals, const volatile sig_atomic_t *stop);

/**
 * @brief Play a trace from its beginning.
 * @param path the file
 * @return the tape; NULL if that failed: a message on stderr tells why
 */
struct tape *tape_open(const char *path);

/**
 * @brief The next operations.
 * @param tape  the tape
 * @param count written: how many; 0 at the end, or if the trace is bad: a message on stderr tells why
 * @return the operations, until the next call
 */
const struct trace_op *tape_next(struct tape *tape, size_t *count);

/**
 * @brief Did all go well?
 * @param tape the tape
 * @return false if the trace was found bad
 */
bool tape_is_good(const struct tape *tape);

/**
 * @brief End.
 * @param tape the tape, or NULL
 */
void tape_close(struct tape *tape);

#endif
