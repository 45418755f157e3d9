/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proofs. A function `prove_F`, or `prove_F__ASPECT`, is a contract of F, and holds for all values of its parameters and
 * of the memory that it names: prove.py executes it on formulas in place of numbers and asks z3 for a counterexample.
 *
 *     void prove_round_up(size_t n, size_t unit)
 *     {
 *         assume(is_power(unit) && n <= SIZE_MAX - unit);              what F requires
 *         claim(round_up(n, unit) >= n);                               what it ensures
 *     }
 *
 * A local variable without a value has any; so have arrays. A pointer to what memory() names is aligned to its type. On the way nothing may be undefined: signed overflow, a shift
 * by the width, division by 0, ctz(0), an access outside of what is declared or misaligned, a loop without a bound.
 *
 * The names are those of CBMC's __CPROVER_assume and __CPROVER_assert.
 */
#ifndef OSMEM_PROVE_H
#define OSMEM_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From here on only what satisfies this is looked at. */
void assume(bool condition);
/* This holds whenever it is reached. */
void claim(bool condition);
/* So many bytes of any contents lie at p, apart from all others, and nothing else does. */
void memory(const void *p, size_t bytes);
/* A number from `first` to `last`; each of them is proved by itself, which is easier than all at once. */
unsigned each(unsigned first, unsigned last);

static inline bool is_power(size_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

#endif
