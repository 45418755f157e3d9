/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much the drop-in looks for misuse; `scons hardening=` sets OSM_HARDENING.
 *
 *     0   what costs nothing: the policy's ledger, the heads of free lists
 *     1   every free, realloc and usable size is checked exactly; free lists are sealed, and larger blocks behind the request
 *     2   what is behind each request is looked at; freed blocks are cleared, wait, and are looked at again
 *
 * Seals are hashes of an address with the process's secret. They find mistakes; they are no cryptography.
 */
#ifndef OSMEM_DROPIN_HARDENING_H
#define OSMEM_DROPIN_HARDENING_H

#include <stdbool.h>
#include <stdint.h>

#ifndef OSM_HARDENING
#error "OSM_HARDENING is 0, 1 or 2"
#endif

enum {
	HARDENING = OSM_HARDENING,
	CANARY = 0xB7,             /* a byte that is rare in text and in small numbers */
	BLANK_LEAST = 16,          /* at level 2 each block has so many bytes before its canary or seal: see blank.h */
	SLAB_LEAD = HARDENING == 2 /* blocks at the start of a slab that are never given out: see guard.h */
};

/* Random but for its first byte, which is CANARY; written once at the start. */
__attribute__((visibility("hidden"))) extern uintptr_t hardening_secret;

void hardening_begin(void);

/* Spread every bit of a number over all of them. Source: Appleby's MurmurHash3, its 64-bit finaliser. */
static inline uint64_t hardening_mix(uint64_t n)
{
	n = (n ^ n >> 33) * 0xFF51AFD7ED558CCDU;
	n = (n ^ n >> 33) * 0xC4CEB9FE1A85EC53U;
	return n ^ n >> 33;
}

/* The family is compiled without the compiler's knowledge of the C library, which would make a call of each. */
static inline uint64_t word_at(const char *p)
{
	uint64_t word;

	__builtin_memcpy(&word, p, sizeof word);
	return word;
}

static inline void word_put(char *p, uint64_t word)
{
	__builtin_memcpy(p, &word, sizeof word);
}

static inline void half_put(char *p, uint32_t half)
{
	__builtin_memcpy(p, &half, sizeof half);
}

#define CANARY_WORD ((uint64_t)0x0101010101010101 * CANARY)

#endif
