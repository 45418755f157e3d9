/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A word at the end of each block of the heap, from hardening level 1 on:
 *
 *     | header | what the program may use ............... | tail |   next header |
 *
 * It is a seal of the block's address and size. So an overrun that reaches the next header has broken it, and a header
 * that tells another size leads to another place, where there is no tail. Whatever the policy and the layout.
 */
#ifndef OSMEM_DROPIN_TAIL_H
#define OSMEM_DROPIN_TAIL_H

#include "framework/dropin/hardening.h"

enum { TAIL_WORD = 8, TAIL_BYTES = HARDENING > 0 ? TAIL_WORD : 0 };

static inline uint64_t tail_of(const char *payload, size_t size)
{
	return hardening_mix(hardening_secret ^ (uintptr_t)payload ^ (uint64_t)size << 40);
}

/* `size` is what the policy says is usable; the tail is the last part of it. */
static inline void tail_write(char *payload, size_t size)
{
	uint64_t tail = tail_of(payload, size);

	if (HARDENING > 0)
		__builtin_memcpy(payload + size - TAIL_WORD, &tail, TAIL_WORD);
}

static inline bool tail_is_whole(const char *payload, size_t size)
{
	uint64_t tail;

	__builtin_memcpy(&tail, payload + size - TAIL_WORD, TAIL_WORD);
	return tail == tail_of(payload, size);
}

#endif
