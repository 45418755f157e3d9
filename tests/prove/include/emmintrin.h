/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vector instructions that the library uses, for the prover, which knows their meaning.
 */
#ifndef OSMEM_PROVE_EMMINTRIN_H
#define OSMEM_PROVE_EMMINTRIN_H

typedef struct {
	long long half[2];
} __m128i;

__m128i _mm_set1_epi32(int each);
__m128i _mm_cmpgt_epi32(__m128i a, __m128i b);
__m128i _mm_packs_epi32(__m128i a, __m128i b);
__m128i _mm_packs_epi16(__m128i a, __m128i b);
int _mm_movemask_epi8(__m128i a);

#endif
