/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs of the drop-in: whose slab a pointer is in, and the words that are packed.
 */
#include "framework/dropin/classes.h"
#include "framework/dropin/slab.h"
#include "prove.h"

static bool is_sound_range(void)
{
	return slab_range.span > 0 && slab_range.span <= (size_t)1 << 36 && slab_range.span % SLAB_BYTES == 0 &&
	       (uintptr_t)slab_range.base % SLAB_BYTES == 0 && (uintptr_t)slab_range.slabs % 64 == 0 &&
	       (uintptr_t)slab_range.base <= UINTPTR_MAX - slab_range.span &&
	       (uintptr_t)slab_range.slabs <= UINTPTR_MAX - (slab_range.span >> SLAB_SHIFT) * sizeof(struct slab);
}

void prove_slab_holds(const char *p)
{
	assume(is_sound_range());
	claim(slab_holds(p) == (p >= slab_range.base && p < slab_range.base + slab_range.span));
}

void prove_slab_of(const char *p)
{
	assume(is_sound_range() && slab_holds(p));
	claim(slab_of(p) >= slab_range.slabs && slab_of(p) < slab_range.slabs + (slab_range.span >> SLAB_SHIFT));
	claim(slab_memory(slab_of(p)) == (const char *)((uintptr_t)p & ~(uintptr_t)(SLAB_BYTES - 1)));
}

void prove_slab_memory(size_t i)
{
	const struct slab *slab = slab_range.slabs + i;

	assume(is_sound_range() && i < slab_range.span >> SLAB_SHIFT);
	claim(slab_memory(slab) == slab_range.base + i * SLAB_BYTES);
}

void prove_link_set(struct link *at, struct link *next)
{
	memory(at, sizeof *at);
	assume((uintptr_t)at % sizeof(uintptr_t) == 0);
	link_set(at, next);
	claim(link_next(at) == next);
	claim(HARDENING != 1 || at->mark == ~link_seal(at));
}

void prove_link_is_sound(const struct link *at, const struct link *next)
{
	claim(link_is_sound(at, next) ==
	      (HARDENING == 0 || !next || (uintptr_t)at / SLAB_BYTES == (uintptr_t)next / SLAB_BYTES));
}

void prove_foreign_pack(size_t i, size_t place, uint64_t count)
{
	const struct slab *slab = slab_range.slabs + i;
	const struct link *first;
	uint64_t word;

	assume(is_sound_range() && i < slab_range.span >> SLAB_SHIFT);
	assume(place < SLAB_BYTES && place % 16 == 0 && count <= UINT32_MAX);
	first = (const struct link *)(const void *)(slab_memory(slab) + place);
	word = foreign_pack(slab, first, count);
	claim(foreign_count(word) == count && foreign_first(slab, word) == first);
	/* One more block in front: the count in the upper half takes no part of the place. */
	claim(foreign_count(foreign_pack(slab, first, 0)) == 0);
}

void prove_foreign_count(uint64_t word)
{
	claim(foreign_count(word) == word / ((uint64_t)1 << 32));
}

void prove_foreign_first(size_t i, uint64_t count)
{
	const struct slab *slab = slab_range.slabs + i;

	assume(is_sound_range() && i < slab_range.span >> SLAB_SHIFT);
	claim(foreign_first(slab, count << 32) == NULL);
	claim((char *)foreign_first(slab, count << 32 | 1) == slab_memory(slab));
	claim((char *)foreign_first(slab, count << 32 | 3) == slab_memory(slab) + 32);
}
