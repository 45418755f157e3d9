/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file board.h
 * @brief What is measured and what came out: a cell for each allocator and load.
 */
#ifndef OSMEM_TOOLS_BENCH_BOARD_H
#define OSMEM_TOOLS_BENCH_BOARD_H

#include <signal.h>

#include "tools/bench/load.h"
#include "tools/bench/stats.h"
#include "tools/bench/subject.h"

/** @brief An allocator on a load; times in nanoseconds, sizes in bytes. */
struct cell {
	const struct subject *subject; /**< The allocator. */
	const struct load *load;       /**< The load. */
	size_t end;                    /**< Operations to do, from the first: all, or what the time limit allowed. */
	bool prefix;                   /**< True: not all. */
	bool failed;                   /**< True: something went wrong. */
	char note[160];                /**< Why there are no figures, or what went wrong. */
	struct samples ns;             /**< Time an operation, in warm runs; of a needle's allocation. One a round. */
	struct samples first_ns;       /**< Time an operation, in the first run, page faults included. */
	struct samples faults;         /**< Page faults in 1000 operations of a warm run. */
	bool first_only;               /**< True: there are no warm runs, and `ns` is of the first one, too. */
	struct samples free_ns;        /**< Of a needle's free. */
	struct samples p999;           /**< Time that one operation in a thousand exceeds. */
	struct samples worst;          /**< Time of the slowest operation. */
	bool counts_steps;             /**< True: the policy counts search steps. */
	double steps;                  /**< Search steps an operation. */
	size_t payload_bytes;          /**< The most payload that was live at a time. */
	size_t heap_bytes;             /**< The most memory that the allocator held. */
	size_t fine_heap_bytes;        /**< The same of a policy with a granule of SOLO_GRANULE_FINE; 0: not known. */
	double seconds;                /**< What the passes of a round take, processes and all. */
};

/** @brief All cells. */
struct board {
	struct subject *subjects; /**< Allocators. */
	size_t subject_count;     /**< How many. */
	struct load *loads;       /**< Loads. */
	size_t load_count;        /**< How many. */
	struct cell *cells;       /**< Cells, load by load. */
	size_t rounds;            /**< Rounds that were begun. */
	double seconds;           /**< How long measuring took. */
	bool quick;               /**< True: in less time. */
};

/** @brief What all traces say of an allocator together. */
struct summary {
	size_t traces;      /**< Recorded programs that there are figures for. */
	bool prefix;        /**< True: not all of each. */
	bool has_ratio;     /**< Whether the reference was measured. */
	double ratio;       /**< Geometric mean of the ratios to the reference. */
	double first_ratio; /**< The same of the first runs. */
	bool has_faults;    /**< Whether there are warm runs. */
	double faults;      /**< Mean of the page faults in 1000 operations of warm runs. */
	bool has_share;     /**< Whether there is a utilisation for each of them. */
	double utilisation; /**< Mean utilisation. */
	bool has_fine;      /**< Whether there is one with a granule of SOLO_GRANULE_FINE. */
	double fine;        /**< The mean of that. */
};

/**
 * @brief Make the cells of the subjects and loads that are there.
 * @param board with subjects and loads
 * @return false if memory ran out
 */
bool board_begin(struct board *board);

/**
 * @brief Give back all that the board holds.
 * @param board the board
 */
void board_end(struct board *board);

/**
 * @brief The cell of an allocator on a load.
 * @param board   the board
 * @param subject the allocator's number
 * @param load    the load's number
 * @return the cell
 */
struct cell *board_cell(const struct board *board, size_t subject, size_t load);

/**
 * @brief Measure, round after round, until the time is up.
 * @param board the board
 * @param stop  non-zero from some moment on: stop
 */
void board_measure(struct board *board, const volatile sig_atomic_t *stop);

/**
 * @brief Time an operation as a multiple of the reference's on the same load.
 * @param board the board
 * @param cell  one of its cells
 * @param first true: in the first run, false: in warm runs
 * @param ratio written if both were measured
 * @return whether they were
 */
bool board_ratio(const struct board *board, const struct cell *cell, bool first, double *ratio);

/**
 * @brief Peak payload by peak heap.
 * @param cell  a cell
 * @param fine  true: with a granule of SOLO_GRANULE_FINE
 * @param share written if it is known
 * @return whether it is: too small a load is lost in what the process holds anyhow
 */
bool cell_utilisation(const struct cell *cell, bool fine, double *share);

/**
 * @brief How the time of a needle grows with the number of free blocks: an exponent, 0 constant, 1 linear.
 * @param board    the board
 * @param subject  the allocator's number
 * @param frees    true: of its free; false: of its allocation
 * @param exponent written if there are two measured loads at least
 * @return whether there are
 */
bool board_exponent(const struct board *board, size_t subject, bool frees, double *exponent);

/**
 * @brief Sum up over all recorded programs.
 * @param board   the board
 * @param subject the allocator's number
 * @return the sums
 */
struct summary board_summary(const struct board *board, size_t subject);

/**
 * @brief Is this the layout in which its policy is the fastest over all recorded programs?
 * @param board   the board
 * @param subject the allocator's number
 * @return whether it is; of layouts that are equally fast the first one
 */
bool board_is_best_layout(const struct board *board, size_t subject);

#endif
