/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Searching words of bits.
 */
#ifndef OSMEM_POLICIES_BITS_H
#define OSMEM_POLICIES_BITS_H

#include <stdbool.h>
#include <stddef.h>

/* What is rarely needed stays out of the way of what is often. */
#define APART __attribute__((noinline))

enum { WORD_BITS = 8 * (int)sizeof(size_t) };

/* The position of the lowest bit that is set; `word` is not 0. */
static inline unsigned bit_lowest(size_t word)
{
	return (unsigned)(sizeof word == sizeof(long) ? __builtin_ctzl(word) : __builtin_ctzll(word));
}

/* The position of the highest bit that is set; `word` is not 0. */
static inline unsigned bit_highest(size_t word)
{
	return sizeof word == sizeof(long) ? (unsigned)WORD_BITS - 1 - (unsigned)__builtin_clzl(word)
	                                   : 63 - (unsigned)__builtin_clzll(word);
}

/* The others; `word` is not 0. */
static inline size_t bits_but_lowest(size_t word)
{
	return word & (word - 1);
}

/* All bits above the i-th. */
static inline size_t bits_above(size_t i)
{
	return ~(size_t)1 << i;
}

static inline bool bit_get(const size_t *bits, size_t i)
{
	return bits[i / WORD_BITS] >> i % WORD_BITS & 1;
}

static inline void bit_set(size_t *bits, size_t i)
{
	bits[i / WORD_BITS] |= (size_t)1 << i % WORD_BITS;
}

static inline void bit_clear(size_t *bits, size_t i)
{
	bits[i / WORD_BITS] &= ~((size_t)1 << i % WORD_BITS);
}

#endif
