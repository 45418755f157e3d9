/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file load.h
 * @brief Loads: what the allocators are given to do.
 *
 * The operations of a load lie in shared memory, so that a process that measures finds them ready and calls no allocator
 * before it is asked to. A needle load has none: its process makes its own.
 */
#ifndef OSMEM_TOOLS_BENCH_LOAD_H
#define OSMEM_TOOLS_BENCH_LOAD_H

#include "tools/trace.h"

/** @brief What kind of load. */
enum load_kind {
	LOAD_TRACE,  /**< A recorded program. */
	LOAD_STEADY, /**< So many live blocks; a random one is freed and another allocated, again and again. */
	LOAD_RAMP,   /**< Allocate all, then free all in random order. */
	LOAD_NEEDLE, /**< So many free blocks, none of which suffices; then requests. */
	LOAD_KINDS   /**< How many kinds. */
};

/** @brief The kinds' names for people, e.g. "traces". */
extern const char *const load_kinds[LOAD_KINDS];

/** @brief A load's operations in memory. */
struct load_ops {
	size_t count;          /**< Operations. */
	size_t timed_from;     /**< Those before only prepare and are not measured. */
	size_t peak_at;        /**< Operations done when most payload bytes were live. */
	size_t slots;          /**< Operations name blocks by numbers below this. */
	struct trace_op ops[]; /**< The operations. */
};

/** @brief A load. */
struct load {
	char name[48];       /**< For people, e.g. "gitlog" or "steady-10k". */
	enum load_kind kind; /**< What kind. */
	int fd;              /**< Shared memory that holds a struct load_ops; a needle load: -1. */
	size_t end;          /**< Operations; a needle load: free blocks. */
	size_t timed_from;   /**< Those before only prepare. */
	size_t peak_bytes;   /**< The most payload bytes that are live at a time; a needle load: 0. */
};

/**
 * @brief A load from a recorded trace.
 * @param load filled in
 * @param path the file
 * @return false if that failed; a message was printed
 */
bool load_trace(struct load *load, const char *path);

/**
 * @brief A steady load: sizes follow a power law.
 * @param load filled in
 * @param live live blocks
 * @param ops  frees and allocations that are measured
 * @return false if that failed; a message was printed
 */
bool load_steady(struct load *load, size_t live, size_t ops);

/**
 * @brief A ramp: sizes follow a power law.
 * @param load filled in
 * @param blocks how many
 * @return false if that failed; a message was printed
 */
bool load_ramp(struct load *load, size_t blocks);

/**
 * @brief A needle load.
 * @param load        filled in
 * @param free_blocks how many
 * @return true
 */
bool load_needle(struct load *load, size_t free_blocks);

/**
 * @brief Bring a load's operations into memory, for reading.
 * @param fd the load's
 * @return the operations, or NULL
 */
const struct load_ops *load_map(int fd);

#endif
