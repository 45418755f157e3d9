/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file outcome.h
 * @brief What the lab found out about one allocator on one trace.
 */
#ifndef OSMEM_TOOLS_LAB_OUTCOME_H
#define OSMEM_TOOLS_LAB_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/lab/measures.h"

/** @brief Most moments at which a heap is looked at, evenly spread over a trace, its peak among them. */
#define SAMPLES_MAX 258

/** @brief Bins of sizes and counts, one for each power of two: bin 0 is 0, bin k is 2^(k-1) to 2^k - 1. */
#define BINS 48

/** @brief Parts of a trace of equal length in which a heap's growth is counted. */
#define GROWTH_PARTS 128

/** @brief A heap at one moment; sizes in bytes. */
struct sample {
	uint64_t op;         /**< Operations done. */
	size_t requested;    /**< Live payload, as asked for. */
	size_t used;         /**< What the allocator holds. */
	size_t bare;         /**< The same without what headers and metadata out of band cost. */
	size_t free_blocks;  /**< Free blocks. */
	size_t free_bytes;   /**< Their payload. */
	size_t largest_free; /**< The largest of them. */
};

/** @brief Times in nanoseconds of processor time. */
struct times {
	bool known;      /**< False: nothing was timed. */
	double first;    /**< An operation, in a fresh heap, the system's page faults included. */
	bool is_warm;    /**< Was the trace replayed again, in the heap that was there then? */
	double warm;     /**< An operation then: the median of the replays. */
	unsigned rounds; /**< How many. */
	double loop;     /**< What of it is the replay's own loop. */
	double median;   /**< Of single operations in a fresh heap, by the clock, less what reading it costs. */
	double p99;      /**< 99 of 100 are not longer. */
	double p999;     /**< 999 of 1000 are not longer. */
	double worst;    /**< None is longer. */
};

/** @brief What was found out. All zero: nothing. */
struct outcome {
	const char *name;      /**< The policy or the other allocator. */
	const char *layout;    /**< The policy's; NULL: another allocator. */
	bool is_scan;          /**< The policy walks as the textbook does. */
	bool failed;           /**< It did something wrong, or it could not be measured: `note` tells. */
	bool cut;              /**< Time was over: the figures are of the first `ops` operations. */
	char note[160];        /**< What went wrong; or "". */
	uint64_t ops;          /**< Operations whose effect on memory was watched. */
	uint64_t timed_ops;    /**< Operations that were timed. */
	bool memory_known;     /**< Are the measures and samples there? */
	bool walked;           /**< Was it looked inside: free blocks, searches, growth, and memory without headers? */
	struct measures whole; /**< Fragmentation, header cost included; metadata out of band is part of it. */
	struct measures
		bare; /**< Without metadata out of band, and without the headers that were live when the heap grew. */
	struct sample samples[SAMPLES_MAX]; /**< Moments in order. */
	size_t sample_count;                /**< How many. */
	double free_sizes[BINS];            /**< Free blocks by payload size: the mean over the samples. */
	uint64_t searches[BINS];            /**< Operations that are not frees, by the steps that their search took. */
	uint64_t search_ops;                /**< How many they are. */
	uint64_t search_steps;              /**< Their steps in all. */
	uint64_t search_worst;              /**< The most steps of one. */
	uint64_t grown[GROWTH_PARTS];       /**< Bytes that the heap grew by, by part of the trace; mappings not counted. */
	uint64_t grow_calls;                /**< How often it grew. */
	size_t header_bytes;                /**< Of a block, directly before its payload. */
	struct times times;                 /**< How long it takes. */
};

/**
 * @brief The bin of a number.
 * @param n the number
 * @return 0 for 0, else one more than the position of its highest bit, at most BINS - 1
 */
static inline size_t bin_of(uint64_t n)
{
	size_t bin = n ? 64 - (size_t)__builtin_clzll(n) : 0;

	return bin < BINS ? bin : BINS - 1;
}

#endif
