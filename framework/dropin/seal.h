/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seals: what stands behind a block of the heap, from hardening level 1 on. Whatever the policy and the layout.
 *
 *     | header | what the program asked for ... | canary ... | seal |   next header |
 *
 *     bits of a seal   63 .. 48  47 ........ 8  7 .. 0       before it is combined with the process's secret
 *                      slack     address        0            and with
 *                                slack in 31 .. 16
 *
 * So an overrun that reaches the next header has broken the seal, and a header that tells another size leads to another
 * place, where there is none. The slack is how many bytes lie between the request and the seal; of more than 65535 the program may use the rest. It
 * stands there twice, so that no damage can change it unseen. The secret's first byte is CANARY, so that a stray byte
 * behind a block that fills its room is found too.
 */
#ifndef OSMEM_DROPIN_SEAL_H
#define OSMEM_DROPIN_SEAL_H

#include <stddef.h>

#include "framework/dropin/hardening.h"

enum {
	SEAL_WORD = 8,
	SEAL_LEAST = HARDENING == 2 ? BLANK_LEAST : 8, /* bytes that each block has before its seal */
	SLACK_MAX = 0xFFFF                             /* as the seal tells it */
};

/* What tells a block that waits, at level 2, from a live one: bits that no slack has. */
#define SEAL_WAITS ((uint64_t)0xFFFF0000FF00)

/* A slack in both its places. */
#define SEAL_SLACK ((uint64_t)1 << 48 | (uint64_t)1 << 16)

static inline void seal_write(char *p, size_t size, uint64_t seal)
{
	word_put(p + size - SEAL_WORD, seal);
}

static inline uint64_t seal_read(const char *p, size_t size)
{
	return word_at(p + size - SEAL_WORD);
}

/* The slack and the state that a seal tells. */
static inline uint64_t seal_open(uint64_t seal, const char *p)
{
	return seal ^ hardening_secret ^ (uint64_t)(uintptr_t)p << 4;
}

/* The seal of a live block, with so many bytes that the program did not ask for. */
static inline uint64_t seal_of(const char *p, uint64_t slack)
{
	return seal_open(slack * SEAL_SLACK, p);
}

static inline size_t seal_slack(uint64_t seal, const char *p)
{
	return seal_open(seal, p) >> 48;
}

/* What is wrong with a block's seal: 0 for nothing, SEAL_WAITS if the block is none of the live ones. */
static inline uint64_t seal_error(uint64_t seal, const char *p)
{
	return seal_open(seal, p) ^ seal_slack(seal, p) * SEAL_SLACK;
}

/*
 * The first bytes behind the request, up to eight, are CANARY too. They are looked at in one word, which begins where the
 * request ends, or so much earlier that it ends with the seal's first byte, which is one of them.
 */
static inline bool canary_is_whole(const char *p, size_t size, size_t slack)
{
	size_t end = size - SEAL_WORD - slack, latest = size - SEAL_WORD - 7, at = end < latest ? end : latest;

	return (word_at(p + at) ^ CANARY_WORD) >> 8 * (end - at) == 0;
}

/* Is it a live block's seal, and was nothing written before it? */
static inline bool seal_is_whole(const char *p, size_t size)
{
	uint64_t seal = seal_read(p, size);
	size_t slack = seal_slack(seal, p);

	return seal_error(seal, p) == 0 && slack <= size - SEAL_WORD && canary_is_whole(p, size, slack);
}

/* The bytes of a block that are the program's; if its seal is broken, all but that. */
static inline size_t seal_request(const char *p, size_t size)
{
	size_t slack = seal_slack(seal_read(p, size), p);

	return slack <= size - SEAL_WORD ? size - SEAL_WORD - slack : size - SEAL_WORD;
}

/* A live block of `size` bytes is the program's up to n, whose contents stay. */
static inline void *seal_live(char *p, size_t size, size_t n)
{
	size_t slack = size - SEAL_WORD - n;

	slack = slack < SLACK_MAX ? slack : SLACK_MAX;
	word_put(p + size - SEAL_WORD - slack, CANARY_WORD); /* the seal goes over what is too much of it */
	seal_write(p, size, seal_of(p, slack));
	return p;
}

#endif
