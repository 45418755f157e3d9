/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index by address: groups of maxima, and the low ends of searches.
 */
#define INDEX_FILE "policies/index_address.h"
#include "policies/engine.h"
#include "prove.h"

void prove_group_at_least(int32_t units, unsigned i)
{
	_Alignas(64) int32_t max[FAN];

	assume(units > 0 && i < 32);
	claim((group_at_least(max, units) >> i & 1) == (i < FAN && max[i] >= units));
}

/* A number of granules that a low end is kept for, or more. */
void prove_low_raise(int32_t units, const char *at, unsigned i)
{
	struct index x;
	const char *before;

	assume(units >= 0 && i < SMALL);
	for (unsigned k = 0; k + 1 < SMALL; k++)
		assume(x.low[k] <= x.low[k + 1]);
	before = x.low[i];
	low_raise(&x, units, at);
	claim(x.low[i] == (i < (unsigned)units || before >= at ? before : at));
	claim(i == 0 || x.low[i - 1] <= x.low[i]);
}

void prove_low_drop(int32_t units, const char *at, unsigned i)
{
	struct index x;
	const char *before;

	/* A block has a granule at least, and `low` of 0 granules is nobody's: it ends the way down. */
	assume(units > 0 && i < SMALL && x.low[0] == NULL);
	for (unsigned k = 0; k + 1 < SMALL; k++)
		assume(x.low[k] <= x.low[k + 1]);
	before = x.low[i];
	low_drop(&x, units, at);
	claim(x.low[i] == (i <= (unsigned)units && before > at ? at : before));
}

void prove_index_span_max(size_t bytes)
{
	struct index x;

	assume(x.space.granule_log2 >= 3 && x.space.granule_log2 <= 12 && bytes <= index_span_max(&x.space));
	claim(units_of(&x, bytes) >= 0);
	claim((size_t)units_of(&x, bytes) == bytes >> x.space.granule_log2);
}

void prove_position_of(const char *at)
{
	struct index x;
	struct pieces p;
	size_t position;

	assume(x.space.granule_log2 >= 3 && x.space.granule_log2 <= 12 && at >= p.base);
	assume(((uintptr_t)at - (uintptr_t)p.base) % ((size_t)1 << x.space.granule_log2) == 0);
	position = position_of(&x, &p, at);
	claim((const char *)block_at(&x, &p, position) == at);
	claim(position <= SIZE_MAX >> x.space.granule_log2);
}

void prove_block_at(size_t position)
{
	struct index x;
	struct pieces p;

	assume(x.space.granule_log2 >= 3 && x.space.granule_log2 <= 12);
	assume(position <= (UINTPTR_MAX - (uintptr_t)p.base) >> x.space.granule_log2);
	claim(position_of(&x, &p, (const char *)block_at(&x, &p, position)) == position);
}
