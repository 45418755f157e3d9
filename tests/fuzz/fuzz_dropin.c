/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Operation streams on the drop-in's family, slabs and all, beside a record of what each block holds.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "framework/dropin/family.h"

enum { SLOTS = 64, LOOKED_AT = 64 };

static struct {
	unsigned char *p;
	size_t n;
	unsigned char with;
} slots[SLOTS];

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

/* The ends of a block say whether it is whole. */
static void fill(size_t i, unsigned char with)
{
	size_t n = slots[i].n;

	slots[i].with = with;
	memset(slots[i].p, with, n < LOOKED_AT ? n : LOOKED_AT);
	if (n > LOOKED_AT)
		memset(slots[i].p + n - LOOKED_AT, with, LOOKED_AT);
}

static void look(size_t i, size_t n)
{
	size_t first = n < LOOKED_AT ? n : LOOKED_AT;

	for (size_t at = 0; at < first; at++)
		REQUIRE(slots[i].p[at] == slots[i].with);
	for (size_t at = n > LOOKED_AT && n == slots[i].n ? n - LOOKED_AT : n; at < n; at++)
		REQUIRE(slots[i].p[at] == slots[i].with);
}

static void release(size_t i)
{
	if (!slots[i].p)
		return;
	look(i, slots[i].n);
	family_free(slots[i].p);
	slots[i].p = NULL;
}

static void replace(size_t i, void *p, size_t n, unsigned char with)
{
	release(i);
	REQUIRE(p && family_usable_size(p) >= n);
	slots[i].p = p;
	slots[i].n = n;
	fill(i, with);
}

static void do_one(struct fuzz_input *input)
{
	uint8_t what = fuzz_byte(input), which = fuzz_byte(input);
	size_t i = which % SLOTS, n = fuzz_size(input), align = (size_t)16 << (which >> 6) * 2;
	unsigned char *p;

	switch (what % 6) {
	case 0:
		replace(i, family_malloc(n), n, what);
		break;
	case 1:
		p = family_calloc(1, n);
		REQUIRE(p && p[0] == 0 && p[n - 1] == 0 && p[n / 2] == 0);
		replace(i, p, n, what);
		break;
	case 2:
		p = family_aligned("aligned_alloc", align, n);
		REQUIRE((uintptr_t)p % align == 0);
		replace(i, p, n, what);
		break;
	case 3:
		p = family_realloc(slots[i].p, n);
		REQUIRE(p && family_usable_size(p) >= n);
		if (slots[i].p) {
			slots[i].p = p;
			look(i, n < slots[i].n ? n : slots[i].n);
		}
		slots[i].p = p;
		slots[i].n = n;
		fill(i, what);
		break;
	default:
		release(i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz_input input = {bytes, n};

	while (input.left > 0)
		do_one(&input);
	for (size_t i = 0; i < SLOTS; i++)
		release(i);
	return 0;
}
