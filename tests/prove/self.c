/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the prover must see: each function is wrong in the way that its name tells.
 */
#include "prove.h"

void refute_a_signed_overflow(int n)
{
	claim(n + 1 != 5 || n == 4);
}

void refute_a_shift_by_the_width(size_t n, unsigned by)
{
	assume(by <= 8 * sizeof n);
	claim(n >> by <= n);
}

void refute_a_division_by_0(size_t n, size_t by)
{
	claim(n / by <= n);
}

void refute_the_first_set_bit_of_0(unsigned long long n)
{
	claim(__builtin_ctzll(n) < 64);
}

void refute_an_access_outside_of_every_object(size_t i)
{
	size_t words[4];

	assume(i <= 4);
	words[i] = 1;
	claim(words[i] == 1);
}

void refute_a_misaligned_access(char *p)
{
	memory(p, 16);
	*(unsigned *)(void *)(p + 1) = 1;
}

void refute_a_loop_that_is_not_known_to_end(size_t n)
{
	while (n & 1)
		n += 2;
}

void refute_a_claim_does_not_hold(size_t n)
{
	claim(n + 1 > n);
}

void refute_nothing_satisfies_what_is_assumed(size_t n)
{
	assume(n > 5 && n < 4);
	claim(n == 7);
}
