/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file load.h
 * @brief Loads for the benchmark of mallocs: each does fixed work, whatever malloc serves it.
 */
#ifndef OSMEM_TOOLS_BENCH_MALLOC_LOAD_H
#define OSMEM_TOOLS_BENCH_MALLOC_LOAD_H

#include <stddef.h>
#include <stdint.h>

/** @brief A load. */
struct load {
	const char *name;        /**< What the command line takes. */
	void (*run)(unsigned n); /**< The work, n times. */
};

/** @brief Loads of one thread; the last has no name. */
extern const struct load single_loads[];
/** @brief Loads of several threads; the last has no name. */
extern const struct load thread_loads[];

/** @brief The next of a fixed sequence of numbers that look random (xorshift, Marsaglia 2003). */
static inline uint64_t load_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/** @brief A size between least and most whose logarithm is evenly spread. */
size_t load_power_size(uint64_t *seed, size_t least, size_t most);

/** @brief malloc, or the end of the program; the first and last byte are written. */
void *load_block(size_t n);

#endif
