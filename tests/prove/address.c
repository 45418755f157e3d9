/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index by address: groups of maxima, and positions.
 */
#define INDEX_FILE "policies/index_address.h"
#include "policies/engine.h"
#include "prove.h"

void prove_group_at_least(int32_t units, unsigned i)
{
	_Alignas(64) int32_t max[FAN];

	assume(units > 0 && i < 32);
	/* tests/wp shows the same of any group, without vector instructions. */
	claim((group_at_least(max, 0, units) >> i & 1) == (i < FAN && max[i] >= units));
}

void prove_index_span_max(size_t bytes)
{
	struct index x;
	size_t most;

	assume(x.space.granule_log2 >= 3 && x.space.granule_log2 <= 12);
	most = index_span_max(&x.space);
	assume(bytes <= most);
	claim(most == SIZE_MAX || most >> x.space.granule_log2 == INT32_MAX);
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
