/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands behind a block: no byte of the request is touched, and each byte behind it is watched.
 */
#include "framework/dropin/seal.h"
#include "framework/dropin/slack.h"
#include "prove.h"

enum { SIZE = 48 }; /* of a block: room for a request that ends at any distance from the canary's words */

/* Of the secret of a process only the first byte is known. Addresses of blocks do not change that of a seal. */
static bool can_seal(const char *p)
{
	return (unsigned char)hardening_secret == CANARY && (uintptr_t)p % 16 == 0;
}

void prove_seal_live(size_t n, size_t at)
{
	char p[SIZE];
	char before;

	assume(can_seal(p) && n <= SIZE - SEAL_WORD && at < n);
	before = p[at];
	seal_live(p, SIZE, n);
	claim(p[at] == before);
	claim(seal_is_whole(p, SIZE));
	claim(seal_slack(seal_read(p, SIZE), p) == SIZE - SEAL_WORD - n);
}

/* Any other byte in one of the first eight behind the request is found. */
void prove_canary_is_whole(size_t n, size_t behind, char other)
{
	char p[SIZE];

	assume(can_seal(p) && n <= SIZE - SEAL_WORD && behind < 8);
	seal_live(p, SIZE, n);
	claim(seal_is_whole(p, SIZE));
	assume(p[n + behind] != other);
	p[n + behind] = other;
	claim(!seal_is_whole(p, SIZE));
}

/* A block that waits is none of the live ones, with whatever slack. */
void prove_seal_error(uint64_t slack)
{
	char p[SIZE];

	assume(slack <= SLACK_MAX);
	claim(seal_error(seal_of(p, slack), p) == 0);
	claim(seal_error(seal_open(SEAL_WAITS ^ slack * SEAL_SLACK, p), p) == SEAL_WAITS);
}

void prove_seal_slack(uint64_t slack)
{
	char p[SIZE];

	assume(slack <= SLACK_MAX);
	claim(seal_slack(seal_of(p, slack), p) == slack);
}

/* A block of a slab that was looked at: its request is not touched, and behind that it is as a free one's. More than 17
 * bytes are left to blank.h, whose vectors are tested. */
void prove_slack_clear(size_t slack, size_t at)
{
	char p[SIZE];
	char before;

	assume(slack >= 8 && slack <= 17 && at < SIZE && (unsigned char)p[SIZE - 1] == CANARY);
	before = p[at];
	slack_clear(p, SIZE, slack);
	claim(p[at] == (at < SIZE - slack || at == SIZE - 1 ? before : 0));
}

void prove_slack_is_whole(size_t slack, size_t at, char other)
{
	char room[SIZE + 16];
	char *p = room + 16;

	assume(slack >= 8 && slack <= SIZE && slack_is_whole(p, SIZE, slack));
	assume(at >= SIZE - slack && at < SIZE - slack + 8 && p[at] != other);
	claim((unsigned char)p[at] == CANARY);
	p[at] = other;
	claim(!slack_is_whole(p, SIZE, slack));
}

/* What is told of a block whose seal is broken stays within the block. */
void prove_seal_request(size_t n, uint64_t seal)
{
	char p[SIZE];

	assume(can_seal(p) && n <= SIZE - SEAL_WORD);
	seal_live(p, SIZE, n);
	claim(seal_request(p, SIZE) == n);
	seal_write(p, SIZE, seal);
	claim(seal_request(p, SIZE) <= SIZE - SEAL_WORD);
}

/* A seal that is not this block's, or tells of more than the block has, is found, and nothing outside of the block is read. */
void prove_seal_is_whole(size_t n, uint64_t seal)
{
	char p[SIZE];

	assume(can_seal(p) && n <= SIZE - SEAL_WORD);
	seal_live(p, SIZE, n);
	claim(seal_is_whole(p, SIZE));
	assume(seal_error(seal, p) != 0 || seal_slack(seal, p) > SIZE - SEAL_WORD);
	seal_write(p, SIZE, seal);
	claim(!seal_is_whole(p, SIZE));
}
