/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Robson's attack: a program that makes any policy need much memory, because it sees where each block lies. Source:
 * Robson 1974; the attack is the proof of his lower bound.
 *
 * It holds at most M words at a time, in blocks of 1, 2, 4, ..., n words. In round i it chooses an offset f below 2^i, keeps
 * of the live blocks those that contain an address that is f modulo 2^i, frees the others, and requests blocks of 2^i
 * words up to M. No gap between two kept blocks has room for one of them. Of the two offsets that continue the one
 * before it takes the one that leaves more to request later. Whatever the policy, in the end the heap has at least
 * M (log2 n) / 2 + M - n + 1 words.
 */
#include "docs/results/results.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORD = 16, WORDS = 1 << 15, ROUNDS_MAX = 10 };

struct held {
	char *p;
	size_t size; /* in words */
};

struct attack {
	struct osm_heap *heap;
	struct held *blocks;
	size_t count, live; /* live words */
	const char *base;
};

static void request(struct attack *attack, size_t size)
{
	char *p = osm_heap_alloc(attack->heap, size * WORD);

	if (!p)
		give_up("Robson's attack: memory ran out");
	if (!attack->base)
		attack->base = p;
	attack->blocks[attack->count++] = (struct held){p, size};
	attack->live += size;
}

/* Does a block contain a word whose address is `offset` modulo `modulus`? */
static bool covers(const struct attack *attack, const struct held *b, size_t offset, size_t modulus)
{
	size_t at = (size_t)(b->p - attack->base) / WORD;

	return (offset + modulus - at % modulus) % modulus < b->size;
}

/* What an offset is worth: the words that may not be used around the blocks that it keeps. */
static size_t worth(const struct attack *attack, size_t offset, size_t modulus)
{
	size_t sum = 0;

	for (size_t i = 0; i < attack->count; i++)
		if (covers(attack, &attack->blocks[i], offset, modulus))
			sum += modulus - attack->blocks[i].size;
	return sum;
}

static void keep(struct attack *attack, size_t offset, size_t modulus)
{
	size_t kept = 0;

	for (size_t i = 0; i < attack->count; i++) {
		struct held b = attack->blocks[i];

		if (covers(attack, &b, offset, modulus)) {
			attack->blocks[kept++] = b;
		} else {
			osm_heap_free(attack->heap, b.p);
			attack->live -= b.size;
		}
	}
	attack->count = kept;
}

static void measure(const char *policy, unsigned rounds)
{
	struct attack attack = {.heap = result_heap(policy), .blocks = calloc(WORDS, sizeof *attack.blocks)};
	size_t offset = 0, n = (size_t)1 << rounds;
	struct osm_stats stats;

	if (!attack.blocks)
		give_up("Robson's attack: memory ran out");
	while (attack.live < WORDS)
		request(&attack, 1);
	for (size_t size = 2; size <= n; size *= 2) {
		if (worth(&attack, offset + size / 2, size) > worth(&attack, offset, size))
			offset += size / 2;
		keep(&attack, offset, size);
		while (attack.live + size <= WORDS)
			request(&attack, size);
	}
	osm_heap_stats(attack.heap, &stats);
	printf("{\"what\": \"attack\", \"policy\": \"%s\", \"n\": %zu, \"need\": %.4f, \"bound\": %.4f}\n", policy, n,
	       (double)stats.heap_bytes / WORD / WORDS, rounds / 2.0 + 1 - ((double)n - 1) / WORDS);
	free(attack.blocks);
	osm_heap_destroy(attack.heap);
}

void run_attack(void)
{
	for (int policy = 0; policy < RESULT_POLICIES; policy++)
		for (unsigned rounds = 0; rounds <= ROUNDS_MAX; rounds++)
			measure(result_policies[policy], rounds);
}
