/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The compiler's built-in functions that the library uses, in C, for Frama-C, which has no body for them. Included before
 * each source. What they must not be called with is a precondition, which the analysis must find to hold.
 */
#ifndef OSMEM_EVA_BUILTINS_H
#define OSMEM_EVA_BUILTINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*@ requires word != 0; */
static int trailing_zeros(unsigned long word)
{
	int n = 0;

	for (int half = 32; half > 0; half /= 2)
		if ((word & ((1UL << half) - 1)) == 0) {
			n += half;
			word >>= half;
		}
	return n;
}

/*@ requires word != 0; */
static int leading_zeros(unsigned long word)
{
	int n = 63;

	for (int half = 32; half > 0; half /= 2)
		if (word >> half) {
			n -= half;
			word >>= half;
		}
	return n;
}

static bool product_overflows(size_t a, size_t b, size_t *product)
{
	*product = a * b;
	return b != 0 && a > SIZE_MAX / b;
}

#define __builtin_ctzl(word) trailing_zeros(word)
#define __builtin_ctzll(word) trailing_zeros(word)
#define __builtin_clzl(word) leading_zeros(word)
#define __builtin_clzll(word) leading_zeros(word)
#define __builtin_mul_overflow(a, b, product) product_overflows(a, b, product)

/* C11's way to say it is not known there. */
#define _Alignas(bytes) __attribute__((aligned(bytes)))

#endif
