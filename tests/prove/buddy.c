/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The buddy system: orders, places in the maps, buddies.
 */
#include "policies/buddy.c"
#include "prove.h"

enum { SHIFT_MIN = WORD_BITS == 64 ? 4 : 3, SHIFT_MAX = 12 };

static void begin(struct buddy *b, unsigned shift)
{
	b->shift = shift;
	b->granule = (size_t)1 << shift;
}

void prove_bit_at(unsigned i, size_t other)
{
	assume(i < WORD_BITS && other < WORD_BITS);
	claim((bit_at(i) >> other & 1) == (other == i));
}

void prove_rank_bytes(unsigned rank)
{
	struct buddy b;

	begin(&b, each(SHIFT_MIN, SHIFT_MAX));
	assume(rank < RANKS && rank + b.shift + 1 < WORD_BITS);
	claim(rank_bytes(&b, rank + 1) == 2 * rank_bytes(&b, rank) && rank_bytes(&b, 0) == b.granule);
}

void prove_rank_for(size_t n)
{
	struct buddy b;
	unsigned rank;

	begin(&b, each(SHIFT_MIN, SHIFT_MAX));
	assume(n >= 1 && n <= OSM_REQUEST_MAX);
	rank = rank_for(&b, n);
	claim(rank <= RANKS && rank_bytes(&b, rank) >= n);
	/* The smallest that suffices. */
	claim(rank == 0 || rank_bytes(&b, rank) / 2 < n);
}

void prove_buddy_good_size(size_t n, size_t more)
{
	struct buddy b;
	size_t good;

	begin(&b, each(SHIFT_MIN, SHIFT_MAX));
	assume(n <= more && more <= OSM_REQUEST_MAX);
	good = buddy_good_size(&b, n);
	claim(good >= n && is_power(good) && good <= buddy_good_size(&b, more));
	claim(good > OSM_REQUEST_MAX || buddy_good_size(&b, good) == good);
}

void prove_is_easy(uintptr_t at)
{
	struct buddy b;

	assume(b.easy_first <= UINTPTR_MAX - b.easy_bytes);
	claim(is_easy(&b, at) == (at >= b.easy_first && at < b.easy_first + b.easy_bytes));
}

void prove_place_of(struct maps *m, uintptr_t at)
{
	struct buddy b;
	struct place place;

	memory(m, sizeof *m);
	begin(&b, each(SHIFT_MIN, SHIFT_MAX));
	assume(at >= m->base && (at - m->base) % b.granule == 0);
	place = place_of(&b, m, at);
	claim(place.bit < WORD_BITS);
	claim(((size_t)(place.stretch - m->stretches) * WORD_BITS + place.bit) * b.granule == at - m->base);
}

/* A small block of this rank at this place, and all bits that say so; the others have any value. */
static struct place small_block(struct stretch *s, unsigned rank, unsigned bit)
{
	size_t of_block;

	assume(rank < STRETCH && bit < WORD_BITS && bit % (1u << rank) == 0);
	of_block = granules[rank] << bit;
	assume((s->starts & of_block) == bit_at(bit));
	assume(bit + (1u << rank) == WORD_BITS || s->starts >> (bit + (1u << rank)) & 1);
	return (struct place){s, bit};
}

void prove_rank_of(unsigned bit)
{
	struct stretch s;
	unsigned rank = each(0, STRETCH - 1);

	claim(rank_of(small_block(&s, rank, bit)) == rank);
}

void prove_rank_of__large(unsigned rank, bool free)
{
	struct stretch s = large_block(rank, free);

	assume(rank >= STRETCH && rank < RANKS);
	claim(rank_of((struct place){&s, 0}) == rank && is_start((struct place){&s, 0}));
	claim(is_free((struct place){&s, 0}) == free);
}

void prove_large_block(unsigned rank, bool free)
{
	struct stretch s = large_block(rank, free);

	assume(rank < RANKS);
	claim(s.starts == 1 && s.free == 2 * (size_t)rank + free);
}

void prove_is_start(unsigned bit)
{
	struct stretch s;

	assume(bit < WORD_BITS);
	claim(is_start((struct place){&s, bit}) == ((s.starts & bit_at(bit)) != 0));
}

void prove_is_free(unsigned bit)
{
	struct stretch s;

	assume(bit < WORD_BITS);
	claim(is_free((struct place){&s, bit}) == ((s.free & bit_at(bit)) != 0));
}

void prove_is_within(struct maps *m, uintptr_t at, unsigned rank)
{
	struct buddy b;
	uintptr_t bytes, buddy;

	memory(m, sizeof *m);
	begin(&b, each(SHIFT_MIN, SHIFT_MAX));
	assume(rank < RANKS && rank + b.shift < WORD_BITS - 1);
	bytes = rank_bytes(&b, rank);
	/* A buddy is aligned as its block is, so its end wraps only where no region lies. */
	assume((at & (bytes - 1)) == 0 && at <= UINTPTR_MAX - 2 * bytes);
	buddy = at ^ bytes;
	claim((buddy ^ bytes) == at && (buddy & (bytes - 1)) == 0 && (buddy & ~(2 * bytes - 1)) == (at & ~(2 * bytes - 1)));
	claim(is_within(&b, m, buddy, rank) == (buddy >= m->first && m->end >= buddy && m->end - buddy >= bytes));
}

void prove_price_more(struct osm_region *region, uintptr_t end)
{
	struct buddy b;
	struct osm_policy_config config;
	struct osm_regions regions;
	size_t more;

	memory(region, sizeof *region);
	b.config = &config;
	config.regions = &regions;
	regions.growable = region;
	assume(region->end <= region->limit);
	more = price_more(&b, end);
	claim(more == (end > (uintptr_t)region->end && end <= (uintptr_t)region->limit ? end - (uintptr_t)region->end : 0));
}
