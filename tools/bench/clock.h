/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file clock.h
 * @brief The clocks that everything is measured with.
 */
#ifndef OSMEM_TOOLS_BENCH_CLOCK_H
#define OSMEM_TOOLS_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

/**
 * @brief Time since some moment in the past; it never goes back.
 * @return nanoseconds
 */
static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/**
 * @brief Processor time that this process has had, in the system, too; while others run it stands still. Reading it costs
 * a system call.
 * @return nanoseconds
 */
static inline uint64_t clock_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/**
 * @brief What reading clock_ns costs: what a stretch of time between two readings is too long by.
 * @return nanoseconds
 */
static inline uint64_t clock_cost(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		uint64_t from = clock_ns(), ns = clock_ns() - from;
		if (ns < least)
			least = ns;
	}
	return least;
}

#endif
