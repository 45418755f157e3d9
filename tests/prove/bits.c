/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words of bits.
 */
#include "policies/bits.h"
#include "prove.h"

void prove_bit_lowest(size_t word, unsigned other)
{
	assume(word != 0 && other < WORD_BITS);
	claim(word >> bit_lowest(word) & 1);
	claim(other >= bit_lowest(word) || !(word >> other & 1));
}

void prove_bit_highest(size_t word, unsigned other)
{
	assume(word != 0 && other < WORD_BITS);
	claim(word >> bit_highest(word) & 1);
	claim(other <= bit_highest(word) || !(word >> other & 1));
}

void prove_bits_but_lowest(size_t word, unsigned other)
{
	assume(word != 0 && other < WORD_BITS);
	claim((bits_but_lowest(word) >> other & 1) == ((word >> other & 1) && other != bit_lowest(word)));
	claim(bits_but_lowest(word) < word);
}

void prove_bits_above(unsigned i, unsigned other)
{
	assume(i < WORD_BITS && other < WORD_BITS);
	claim((bits_above(i) >> other & 1) == (other > i));
}

void prove_bit_get(size_t i)
{
	size_t bits[4];

	assume(i < 4 * WORD_BITS);
	claim(bit_get(bits, i) == ((bits[i / WORD_BITS] & (size_t)1 << (i & (WORD_BITS - 1))) != 0));
}

void prove_bit_set(size_t i, size_t other)
{
	size_t bits[4];
	bool before;

	assume(i < 4 * WORD_BITS && other < 4 * WORD_BITS);
	before = bit_get(bits, other);
	bit_set(bits, i);
	claim(bit_get(bits, other) == (before || other == i));
}

void prove_bit_clear(size_t i, size_t other)
{
	size_t bits[4];
	bool before;

	assume(i < 4 * WORD_BITS && other < 4 * WORD_BITS);
	before = bit_get(bits, other);
	bit_clear(bits, i);
	claim(bit_get(bits, other) == (before && other != i));
}
