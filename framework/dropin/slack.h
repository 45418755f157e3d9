/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands behind a block of a slab at hardening level 2, and what tells of it.
 *
 *     | what the program asked for ... | canary | ......... | CANARY | the next block
 *                                      <-------- slack ------------->
 *
 * A slack is 8 at least: so many bytes of the canary follow on the request. It is kept away from the blocks, a byte for
 * each, 0 for those that are free: no overrun reaches it, it is exact, and it is in the cache when the block is not. Of
 * more than 255 bytes that the program did not ask for it may use the rest. A block's last byte is CANARY whatever its
 * state, so that a write before the start of the next one is seen without a look at this one's slack, which may be
 * another thread's.
 */
#ifndef OSMEM_DROPIN_SLACK_H
#define OSMEM_DROPIN_SLACK_H

#include "framework/dropin/blank.h"
#include "framework/dropin/slab.h"

enum { SLACK_SHOWN = 255 };

/* The last word of a block that is free. */
#define SLACK_LAST ((uint64_t)CANARY << 56)

static inline bool last_is_whole(const char *end)
{
	return (unsigned char)end[-1] == CANARY;
}

/* Is a block of a slab as slack_clear() left it, from byte `from` on? */
static inline bool slack_is_blank(const char *p, size_t size, size_t from)
{
	return blank_is_whole(p + from, size - 8 - from) && word_at(p + size - 8) == SLACK_LAST;
}

/*
 * Here and when it is cleared there are stores only, as a load that overlaps some of them would wait until they have left
 * the processor's queue; and no branches for a slack of 8, as sizes that are multiples of 8 make that as likely as 16. The
 * last byte is none of what is written: a thread that frees the next block may look at it.
 */

/* A free block becomes the program's up to n, or a live one stays so. */
static inline void *slack_begin(struct slab *slab, char *p, size_t size, size_t n)
{
	size_t slack = size - n < SLACK_SHOWN ? size - n : SLACK_SHOWN;
	char *at = p + size - slack;

	*slab_slack(slab, slab_place(slab, p)) = (uint8_t)slack;
	half_put(at, (uint32_t)CANARY_WORD);
	half_put(at + 3 + (slack > 8), (uint32_t)CANARY_WORD);
	return p;
}

/* Was nothing written behind a block, nor directly before it? One branch for the three. */
static inline bool slack_is_whole(const char *p, size_t size, size_t slack)
{
	int behind = word_at(p + size - slack) == CANARY_WORD, end = last_is_whole(p + size), before = last_is_whole(p);

	return behind & end & before;
}

/* Clear what is behind the request, which slack_is_whole() has looked at, and not a byte of the request. */
static inline void slack_clear(char *p, size_t size, size_t slack)
{
	char *at = p + size - slack, *last = p + size - 5;
	size_t half = (slack - 1) / 8 * 4;

	if (__builtin_expect(slack > 17, 0)) {
		blank_write(at, slack - 1);
		return;
	}
	half_put(at, 0);
	half_put(at + half, 0);
	half_put(last - half, 0);
	half_put(last, 0);
}

#endif
