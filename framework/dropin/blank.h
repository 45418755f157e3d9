/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zeros: how a freed block is left at hardening level 2, and what it is looked at for.
 *
 * Sixteen bytes at a time. What has up to 64 bytes takes four steps that may overlap, as a branch for each size would be
 * foretold wrongly more often than not.
 */
#ifndef OSMEM_DROPIN_BLANK_H
#define OSMEM_DROPIN_BLANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "framework/dropin/hardening.h"

enum {
	BLANK_ALL = 32768, /* a block of the heap of up to so many bytes is cleared as a whole, of a larger one ... */
	BLANK_END = 4096   /* ... this many at both ends */
};

typedef uint64_t blank_pair __attribute__((vector_size(16), aligned(1), may_alias));

static inline blank_pair *blank_at(const char *p)
{
	return (blank_pair *)(uintptr_t)p;
}

/* Sixteen bytes at p, at end - 16, and at `half` from both: 0, 16 or 32. */
static inline void blank_four(char *p, char *end, size_t half)
{
	*blank_at(p) = (blank_pair){0, 0};
	*blank_at(p + half) = (blank_pair){0, 0};
	*blank_at(end - 16 - half) = (blank_pair){0, 0};
	*blank_at(end - 16) = (blank_pair){0, 0};
}

static inline blank_pair blank_read_four(const char *p, const char *end, size_t half)
{
	return *blank_at(p) | *blank_at(p + half) | *blank_at(end - 16 - half) | *blank_at(end - 16);
}

static inline void blank_write_few(char *p, size_t n)
{
	if (n >= 8) {
		word_put(p, 0);
		word_put(p + n - 8, 0);
		return;
	}
	for (size_t i = 0; i < n; i++)
		((volatile char *)p)[i] = 0;
}

/* Clear n bytes. */
static inline void blank_write(char *p, size_t n)
{
	char *end = p + n;

	if (__builtin_expect(n < 16, 0)) {
		blank_write_few(p, n);
		return;
	}
	if (n <= 64) {
		blank_four(p, end, n / 32 * 16);
		return;
	}
	for (; p < end - 64; p += 64)
		blank_four(p, p + 64, 16);
	blank_four(end - 64, end, 16);
}

/* Are n bytes, 16 at least, zero? */
static inline bool blank_is_whole(const char *p, size_t n)
{
	const char *end = p + n;
	blank_pair any;

	if (n <= 64) {
		any = blank_read_four(p, end, n / 32 * 16);
	} else {
		any = blank_read_four(end - 64, end, 16);
		for (; p < end - 64; p += 64)
			any |= blank_read_four(p, p + 64, 16);
	}
	return (any[0] | any[1]) == 0;
}

/* Clear what is looked at of a block of the heap. */
static inline void blank_write_ends(char *p, size_t n)
{
	blank_write(p, n <= BLANK_ALL ? n : BLANK_END);
	if (n > BLANK_ALL)
		blank_write(p + n - BLANK_END, BLANK_END);
}

static inline bool blank_ends_are_whole(const char *p, size_t n)
{
	return blank_is_whole(p, n <= BLANK_ALL ? n : BLANK_END) &&
	       (n <= BLANK_ALL || blank_is_whole(p + n - BLANK_END, BLANK_END));
}

#endif
