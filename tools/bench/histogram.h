/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file histogram.h
 * @brief Times of single operations, counted in bins that are at most 1/32 wide: quantiles in constant memory.
 */
#ifndef OSMEM_TOOLS_BENCH_HISTOGRAM_H
#define OSMEM_TOOLS_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/** @brief Bins of one power of two. */
#define HISTOGRAM_STEPS 32

/** @brief The times. All zero: none. */
struct histogram {
	uint64_t total;                        /**< How many. */
	uint64_t worst;                        /**< The longest, exactly. */
	uint32_t counts[60 * HISTOGRAM_STEPS]; /**< How many of each bin. */
};

/**
 * @brief Add a time.
 * @param histogram the times
 * @param ns        nanoseconds
 */
void histogram_add(struct histogram *histogram, uint64_t ns);

/**
 * @brief The time that a share of all does not exceed.
 * @param histogram the times
 * @param share     0 to 1
 * @return nanoseconds, the upper end of the bin; 0 if there are no times
 */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
