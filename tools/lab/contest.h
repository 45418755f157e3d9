/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file contest.h
 * @brief Traces, allocators, and what came out of each trace on each allocator.
 */
#ifndef OSMEM_TOOLS_LAB_CONTEST_H
#define OSMEM_TOOLS_LAB_CONTEST_H

#include "tools/bench/subject.h"
#include "tools/lab/choice.h"
#include "tools/lab/outcome.h"
#include "tools/lab/tape.h"

/** @brief One allocator. */
struct contender {
	const char *name;                /**< The policy's name or the peer's. */
	const char *layout;              /**< The policy's layout; NULL: a peer. */
	const struct osm_policy *policy; /**< The policy; NULL: a peer. */
	const struct subject *peer;      /**< The peer; NULL: a policy. */
	bool is_scan;                    /**< A policy that walks. */
};

/** @brief The whole. */
struct contest {
	struct tape_totals *traces;        /**< The traces. */
	size_t trace_count;                /**< How many. */
	struct contender *contenders;      /**< The allocators, policies first. */
	size_t contender_count;            /**< How many. */
	struct outcome *outcomes;          /**< For each trace, for each allocator. */
	const char *backend;               /**< The policies' backend. */
	struct setup setup;                /**< How the policies' heaps are made; the policy is each one's. */
	double limit;                      /**< Seconds of processor time after which a replay is cut; 0: never. */
	double scan_limit;                 /**< The same for policies that walk. */
	unsigned rounds;                   /**< Timed replays in a heap that was used before. */
	bool no_times;                     /**< Only memory is of interest: nothing is timed. */
	const volatile sig_atomic_t *stop; /**< Non-zero from some moment on: stop. */
};

/** @brief Which allocators take part. */
struct contest_filter {
	const char *policies; /**< Names with commas; NULL: all. */
	const char *layouts;  /**< The same. */
	bool no_scan;         /**< Leave policies that walk out. */
	bool no_peers;        /**< Leave other allocators out. */
};

/** @brief What is recommended, and what to hold it against. All are places among the allocators. */
struct verdict {
	size_t best;    /**< The recommendation. */
	size_t leanest; /**< Takes the least memory. */
	size_t fastest; /**< Takes the least time. */
};

/**
 * @brief Find the allocators; peers that are not installed are left out.
 * @param contest its traces are there; allocators and room for outcomes are filled in
 * @param filter  which
 * @return false if memory ran out or nothing is left: a message on stderr tells
 */
bool contest_begin(struct contest *contest, const struct contest_filter *filter);

/**
 * @brief Replay every trace on every allocator.
 * @param contest outcomes are filled in
 * @return false if it was told to stop
 */
bool contest_run(struct contest *contest);

/**
 * @brief Release what contest_begin took.
 * @param contest the whole
 */
void contest_end(struct contest *contest);

/**
 * @brief What came out.
 * @param contest   the whole
 * @param trace     which trace
 * @param contender which allocator
 * @return the outcome
 */
struct outcome *contest_outcome(const struct contest *contest, size_t trace, size_t contender);

/**
 * @brief The mean of a measure over all traces.
 * @param contest   the whole
 * @param contender the allocator
 * @param which     the measure, 1 to @ref MEASURES
 * @param bare      true: without header cost
 * @param value     written
 * @return false if a trace has none, or was cut
 */
bool contest_measure(const struct contest *contest, size_t contender, int which, bool bare, double *value);

/**
 * @brief The geometric mean over all traces of the time of an operation in a heap that was used before.
 * @param contest   the whole
 * @param contender the allocator
 * @param ns        written, in nanoseconds
 * @return false if a trace was cut or not timed
 */
bool contest_time(const struct contest *contest, size_t contender, double *ns);

/**
 * @brief Policies judged. Of those whose most memory is, on average over the traces, within 2% of the least that one of
 * them takes, the fastest is recommended.
 * @param contest the whole
 * @param verdict filled in
 * @return false if no policy did all traces
 */
bool contest_judge(const struct contest *contest, struct verdict *verdict);

/**
 * @brief The verdict in words: two sentences or three.
 * @param contest the whole
 * @param verdict the verdict
 * @param text    written
 * @param room    its bytes
 */
void contest_explain(const struct contest *contest, const struct verdict *verdict, char *text, size_t room);

/**
 * @brief Places of the allocators, those with the least of measure 4 first and those that have none last.
 * @param contest the whole
 * @param trace   on this trace; SIZE_MAX: on average over all
 * @param order   written: `contender_count` places
 */
void contest_rank(const struct contest *contest, size_t trace, size_t *order);

/**
 * @brief An allocator's name and layout, e.g. "best-fit, tag".
 * @param contender the allocator
 * @param text      written
 * @param room      its bytes
 */
void contender_name(const struct contender *contender, char *text, size_t room);

#endif
