/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file worker.h
 * @brief One pass in a process of its own, so that every allocator begins under the same conditions.
 *
 * worker_run starts this program again, with the peer's library or the policy's name, as
 *
 *     osmem-bench --worker PASS POLICY LAYOUT MEASURED LOAD END LIMIT LATEST
 *
 * and worker_main, which runs there, reports on its standard output.
 */
#ifndef OSMEM_TOOLS_BENCH_WORKER_H
#define OSMEM_TOOLS_BENCH_WORKER_H

#include <signal.h>

#include "tools/bench/load.h"
#include "tools/bench/report.h"
#include "tools/bench/subject.h"

/** @brief The first argument of a measuring process. */
#define WORKER_OPTION "--worker"

/** @brief Which pass. */
enum worker_pass {
	WORKER_PROBE,  /**< None: does the process start, and where does malloc come from? */
	WORKER_TIME,   /**< pass_time */
	WORKER_DETAIL, /**< pass_detail */
	WORKER_NEEDLE, /**< pass_needle */
	WORKER_PASSES  /**< How many. */
};

/** @brief What a measuring process is to do. */
struct worker {
	enum worker_pass pass;             /**< The pass. */
	const struct subject *subject;     /**< On which allocator. */
	const struct load *load;           /**< Over which load; WORKER_PROBE: NULL. */
	size_t end;                        /**< Operations to do, from the first; a needle load: its free blocks. */
	uint64_t limit_ns;                 /**< It stops early after this time, unless a good part was done by then. */
	uint64_t latest_ns;                /**< It stops early after this time in any case; warm runs come on top of it. */
	const volatile sig_atomic_t *stop; /**< Non-zero: end it. */
};

/**
 * @brief Let a process measure, and wait for it.
 * @param worker what to do
 * @param report filled in; `done` tells if all went well
 */
void worker_run(const struct worker *worker, struct report *report);

/**
 * @brief Is a peer there, and does its library take the place of malloc?
 * @param subject the peer
 * @return whether it can be measured
 */
bool worker_probe(const struct subject *subject);

/**
 * @brief What a measuring process does.
 * @param argc how many arguments
 * @param argv as main's
 * @return the exit status
 */
int worker_main(int argc, char *argv[]);

#endif
