/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seals, and the bytes before them: what stands behind a block at hardening level 2.
 *
 *     bits of a seal   63 .. 48  47 ....... 8  7 .. 0
 *                      slack     hash          canary
 *
 * The canary is the seal's first byte in memory, so that a stray byte behind a block that fills its room is found too,
 * whatever the hash is. The slack is how many bytes lie between the request and the seal; of more than 65535 the program may use the rest.
 *
 * Other threads may look at a seal while it changes: a seal is written in one store, and every value that it takes is a
 * good one: 0 (the block was never out), live, waiting.
 */
#ifndef OSMEM_DROPIN_SEAL_H
#define OSMEM_DROPIN_SEAL_H

#include <stdatomic.h>

#include "framework/dropin/hardening.h"
#include "framework/dropin/slab.h"

enum {
	CANARY = 0xB7,     /* rare in text and in small numbers */
	SLACK_MAX = 0xFFFF /* as the seal tells it */
};

/* What tells a block that waits from a live one: all bits of the hash. */
#define SEAL_WAITS ((uint64_t)0xFFFFFFFFFF00)

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

#define CANARY_WORD ((uint64_t)0x0101010101010101 * CANARY)

/* Some layouts align blocks to less than the seal wants for a store of its own; slabs do not. */
static inline void seal_write(char *p, size_t size, uint64_t seal)
{
	char *at = p + size - SEAL_WORD;

	if (slab_holds(p))
		atomic_store_explicit((_Atomic uint64_t *)(void *)at, seal, memory_order_relaxed);
	else
		word_put(at, seal);
}

static inline uint64_t seal_read(const char *p, size_t size)
{
	const char *at = p + size - SEAL_WORD;

	if (slab_holds(p))
		return atomic_load_explicit((const _Atomic uint64_t *)(const void *)at, memory_order_relaxed);
	return word_at(at);
}

/* The seal of a live block, with so many bytes that the program did not ask for. */
static inline uint64_t seal_of(const char *p, uint64_t slack)
{
	uint64_t hash = (hardening_secret ^ (uintptr_t)p ^ slack << 48) * 0x9E3779B97F4A7C15U;

	return slack << 48 | (hash >> 16 & SEAL_WAITS) | CANARY;
}

/* What is wrong with a block's seal: 0 for nothing, SEAL_WAITS if the block is one that waits or has waited. */
static inline uint64_t seal_error(uint64_t seal, const char *p)
{
	return seal ^ seal_of(p, seal >> 48);
}

/*
 * The first bytes behind the request, up to eight: they are part of a word that begins where the request ends, or that
 * the seal follows. `slack` is not 0.
 */
struct canary {
	size_t at;      /* of the word in the block */
	unsigned shift; /* bits of it that are the program's */
};

static inline struct canary canary_for(size_t size, size_t slack)
{
	return slack < 8 ? (struct canary){size - SEAL_WORD - 8, 8 * (8 - (unsigned)slack)}
	                 : (struct canary){size - SEAL_WORD - slack, 0};
}

/* A live block of `size` bytes is the program's up to n. */
static inline void *seal_live(char *p, size_t size, size_t n)
{
	size_t slack = size - SEAL_WORD - n;

	slack = slack < SLACK_MAX ? slack : SLACK_MAX;
	if (slack) {
		struct canary canary = canary_for(size, slack);
		uint64_t kept = word_at(p + canary.at) & (((uint64_t)1 << canary.shift) - 1);

		word_put(p + canary.at, kept | CANARY_WORD << canary.shift);
	}
	seal_write(p, size, seal_of(p, slack));
	return p;
}

static inline bool canary_is_whole(const char *p, size_t size, size_t slack)
{
	struct canary canary = canary_for(size, slack);

	return slack == 0 || (word_at(p + canary.at) ^ CANARY_WORD) >> canary.shift == 0;
}

#endif
