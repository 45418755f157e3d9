/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Binary buddy: the smallest order that suffices, split down, the most recently freed first within an order.
 *
 * A block of order k has 2^k bytes and begins at a multiple of 2^k; its buddy is the other half of the block of order
 * k + 1, at address XOR 2^k. Freeing merges at once while the buddy is free. A request of 2^k bytes takes exactly 2^k.
 *
 *     order 7   |                            128                            |
 *     order 6   |             64              |          64 (free)          |
 *     order 5   |      32      |  32 (free)   |
 *     granules  |  16  |  16   |  16  |  16   |  16  |  16   |  16  |  16   |
 *     starts       1      0       1      0       1      0       0      0          one bit a granule, out of band
 *     free         0      0       1      1       1      1       1      1          one bit a granule, out of band
 *
 * Below, orders are counted from the granule's and called ranks: a block of rank r has 2^r granules.
 *
 * Metadata lies outside the blocks: two bits a granule of 16 bytes, 1.6% of the span. The order of a block needs no
 * field: the next block starts at a distance that is a power of two. Nor does it take a search; buddy_maps.h tells how.
 * Only a free block holds something, its two links in the ring of its order.
 *
 * Cost: O(1) to find a block, to know a block's order, and whether its buddy is free; so a call is O(1) and as much for
 * each split or merge, of which there are O(log span). A call for a small block that splits and merges nothing touches
 * the state, two words of the maps, the block and its neighbours in the ring. Source: Knowlton 1965, CACM 8(10); Knuth
 * 1973, The Art of Computer Programming, vol. 1, 2.5, algorithms R and S.
 */
#include "policies/buddy_audit.h"
#include "policies/define.h"

/* Whether a list was empty or becomes it is hard to foresee; therefore no branch depends on it. */
static inline void list_push(struct buddy *b, uintptr_t at, unsigned rank)
{
	struct link *link = (struct link *)at, *list = &b->lists[rank], *next = list->next;

	link->next = next;
	next->prev = link;
	link->prev = list;
	list->next = link;
	b->nonempty |= bit_at(rank);
	b->freed = at;
}

static inline void list_remove(struct buddy *b, uintptr_t at, unsigned rank)
{
	const struct link *link = (const struct link *)at;
	struct link *next = link->next, *prev = link->prev;

	next->prev = prev;
	prev->next = next;
	b->nonempty ^= (size_t)(next == prev) << rank; /* both are the list itself */
}

/* Give back a large block that is in no list: merge while the buddy is free, then list it. */
static APART bool release_large(struct buddy *b, struct maps *m, uintptr_t at, unsigned rank)
{
	size_t bytes = rank_bytes(b, rank);

	for (; is_free_large(b, m, at ^ bytes, rank); bytes *= 2, rank++) {
		list_remove(b, at ^ bytes, rank);
		place_of(b, m, at | bytes).stretch->starts = 0;
		at &= ~bytes;
	}
	*place_of(b, m, at).stretch = large_block(rank, true);
	list_push(b, at, rank);
	return true;
}

/* The same for a small block whose buddy is free. */
static APART bool release_merged(struct buddy *b, struct maps *m, uintptr_t at, unsigned rank)
{
	struct place place = place_of(b, m, at);
	size_t bytes = rank_bytes(b, rank), free = place.stretch->free | granules[rank] << place.bit;
	unsigned length = 1u << rank;

	do {
		list_remove(b, at ^ bytes, rank);
		place.stretch->starts &= ~bit_at(place.bit | length);
		place.bit &= ~length;
		at &= ~bytes;
		if (++rank == STRETCH)
			return release_large(b, m, at, rank);
		length *= 2;
		bytes *= 2;
	} while (!(granules[rank + 1] << (place.bit & ~length) & ~free));
	place.stretch->free = free;
	list_push(b, at, rank);
	return true;
}

/* The same for any block; its start is marked. */
static inline bool release(struct buddy *b, struct maps *m, uintptr_t at, unsigned rank)
{
	struct place place = place_of(b, m, at);
	size_t free, pair;

	if (rank >= STRETCH)
		return release_large(b, m, at, rank);
	free = place.stretch->free | granules[rank] << place.bit;
	pair = granules[rank + 1] << (place.bit & ~(1u << rank));
	if (!(pair & ~free))
		return release_merged(b, m, at, rank);
	place.stretch->free = free;
	list_push(b, at, rank);
	return true;
}

/* Halve a free block that is in no list, until it is of the rank wanted, and take its lower end. */
static APART void *split(struct buddy *b, struct maps *m, uintptr_t at, unsigned rank, unsigned wanted)
{
	struct place place = place_of(b, m, at);
	size_t bytes = rank_bytes(b, rank);

	place.stretch->free &= ~(granules[wanted] << place.bit);
	place.stretch->starts |= (HALVES & granules[rank] & ~granules[wanted]) << place.bit;
	while (rank > wanted) {
		rank--;
		bytes /= 2;
		list_push(b, at + bytes, rank);
	}
	return (void *)at;
}

/* The same for a large block. */
static APART void *split_large(struct buddy *b, struct maps *m, uintptr_t at, unsigned rank, unsigned wanted)
{
	struct stretch *lower = place_of(b, m, at).stretch;

	while (rank > wanted && rank > STRETCH) {
		rank--;
		*place_of(b, m, at + rank_bytes(b, rank)).stretch = large_block(rank, true);
		list_push(b, at + rank_bytes(b, rank), rank);
	}
	if (wanted < STRETCH) {
		*lower = (struct stretch){.starts = 1, .free = SIZE_MAX};
		return split(b, m, at, STRETCH, wanted);
	}
	*lower = large_block(wanted, false);
	return (void *)at;
}

/* Take a free block of this rank or a higher one. */
static inline void *take(struct buddy *b, struct maps *m, uintptr_t at, unsigned rank, unsigned wanted)
{
	struct place place;

	list_remove(b, at, rank);
	if (rank >= STRETCH)
		return split_large(b, m, at, rank, wanted);
	if (rank != wanted)
		return split(b, m, at, rank, wanted);
	place = place_of(b, m, at);
	place.stretch->free &= ~(granules[rank] << place.bit);
	return (void *)at;
}

static void buddy_init(void *state, const struct osm_policy_config *config)
{
	struct buddy *b = state;

	b->config = config;
	b->granule = config->granule;
	b->shift = bit_highest(config->granule);
	for (struct link *list = b->lists; list < b->lists + RANKS; list++)
		*list = (struct link){list, list};
}

static size_t buddy_good_size(const void *state, size_t n)
{
	return rank_bytes(state, rank_for(state, n ? n : 1));
}

/* Where a free run that reaches to the region's end begins. */
static uintptr_t tail_start(const struct buddy *b, struct maps *m)
{
	uintptr_t tail = m->end;

	while (tail > m->first) {
		uintptr_t at = tail - b->granule;

		/* The block before `tail` starts a power of two before it. */
		for (unsigned rank = 1; at > m->first && !is_start(place_of(b, m, at)); rank++)
			at = tail - rank_bytes(b, rank);
		if (!is_free(place_of(b, m, at)))
			break;
		tail = at;
	}
	return tail;
}

/* Bytes to buy so that blocks of the growable region reach to `end`; 0: not to be had. */
static size_t price_more(const struct buddy *b, uintptr_t end)
{
	const struct osm_region *region = b->config->regions->growable;
	size_t more = end - (uintptr_t)region->end;

	return end > (uintptr_t)region->end && more <= (size_t)(region->limit - region->end) ? more : 0;
}

/* What a block of this rank costs. */
static struct osm_shortfall price_of(const struct buddy *b, unsigned rank)
{
	size_t block = rank_bytes(b, rank);
	struct osm_shortfall price = {.fresh = block <= PTRDIFF_MAX / 2 ? 2 * block : 0};

	if (b->config->regions->growable && price.fresh) {
		uintptr_t tail = tail_start(b, b->config->regions->growable->index);

		price.more = price_more(b, ((tail + block - 1) & ~(block - 1)) + block);
	}
	return price;
}

/* Where there may be nothing to take, a larger alignment, another region than the newest, or damage. */
static APART void *alloc_with_care(struct buddy *b, size_t n, size_t align, struct osm_shortfall *price)
{
	unsigned wanted = rank_for(b, n), rank = rank_for(b, n > align ? n : align);
	size_t candidates = b->nonempty >> rank;
	uintptr_t at;

	*price = (struct osm_shortfall){0};
	if (!candidates) {
		*price = price_of(b, rank);
		return NULL;
	}
	rank += bit_lowest(candidates);
	at = (uintptr_t)b->lists[rank].next;
	if (!list_is_sound(b, at, rank)) {
		damage(b, at);
		return NULL;
	}
	return take(b, maps_of(b, at), at, rank, wanted);
}

static void *buddy_alloc(void *state, size_t n, size_t align, struct osm_shortfall *price)
{
	struct buddy *b = state;
	unsigned wanted = rank_for(b, n), rank;
	size_t candidates = b->nonempty >> wanted;
	uintptr_t at;

	if (align > b->granule || !candidates)
		return alloc_with_care(b, n, align, price);
	rank = wanted + bit_lowest(candidates);
	at = (uintptr_t)b->lists[rank].next;
	if (!is_easy(b, at))
		return alloc_with_care(b, n, align, price);
	return take(b, b->easy, at, rank, wanted);
}

/* In a region that is not the newest, or in a heap that does not trust: check first that all merges can be done. */
static APART bool free_with_care(struct buddy *b, uintptr_t at)
{
	struct maps *m = maps_of(b, at);
	unsigned rank = rank_of(place_of(b, m, at));

	return merges_are_sound(b, m, at, rank) && release(b, m, at, rank);
}

static bool buddy_free(void *state, void *p)
{
	struct buddy *b = state;
	uintptr_t at = (uintptr_t)p;

	if (!is_easy(b, at))
		return free_with_care(b, at);
	return release(b, b->easy, at, rank_of(place_of(b, b->easy, at)));
}

/* Take in the upper buddies, which are all free. */
static void grow(struct buddy *b, struct maps *m, uintptr_t at, unsigned rank, unsigned wanted)
{
	struct place place = place_of(b, m, at);

	for (; rank < wanted; rank++) {
		uintptr_t upper = at + rank_bytes(b, rank);

		list_remove(b, upper, rank);
		place_of(b, m, upper).stretch->starts &= ~bit_at(place_of(b, m, upper).bit);
	}
	if (wanted < STRETCH)
		place.stretch->free &= ~(granules[wanted] << place.bit);
	else
		*place.stretch = large_block(wanted, false);
}

static bool buddy_resize(void *state, void *p, size_t n, struct osm_shortfall *price)
{
	struct buddy *b = state;
	const struct osm_region *growable = b->config->regions->growable;
	uintptr_t at = (uintptr_t)p;
	struct maps *m = maps_of(b, at);
	struct place place = place_of(b, m, at);
	unsigned rank = rank_of(place), wanted = rank_for(b, n);

	*price = (struct osm_shortfall){0};
	for (unsigned r = rank; r < wanted; r++) {
		uintptr_t upper = at + rank_bytes(b, r);

		if (at & rank_bytes(b, r))
			return false;
		if (is_free_block(b, m, upper, r)) {
			if (!list_is_sound(b, upper, r))
				return damage(b, upper);
			continue;
		}
		if (growable && growable->index == m && at % rank_bytes(b, wanted) == 0 && tail_start(b, m) <= upper)
			price->more = price_more(b, at + rank_bytes(b, wanted));
		return false;
	}
	if (rank < wanted)
		grow(b, m, at, rank, wanted);
	else if (rank > wanted && rank >= STRETCH)
		split_large(b, m, at, rank, wanted);
	else if (rank > wanted) {
		place.stretch->free |= granules[rank] << place.bit;
		split(b, m, at, rank, wanted);
	}
	return true;
}

static size_t buddy_usable_size(const void *state, const void *p)
{
	const struct buddy *b = state;

	return rank_bytes(b, rank_of(place_of(b, maps_of(b, (uintptr_t)p), (uintptr_t)p)));
}

static bool buddy_extend(void *state, struct osm_region *region, char *end)
{
	struct buddy *b = state;
	struct maps *m = region->index ? region->index : maps_create(b, region, end);
	uintptr_t new_end = (uintptr_t)end & ~(b->granule - 1);

	if (!m)
		return false;
	region->index = m;
	region->end = end;
	while (m->end < new_end) {
		uintptr_t at = m->end;
		unsigned rank = bit_lowest(at >> b->shift);

		while (rank_bytes(b, rank) > new_end - at)
			rank--;
		mark_start(b, m, at);
		m->end = at + rank_bytes(b, rank);
		if (place_of(b, m, m->end).bit != 0)
			mark_start(b, m, m->end);
		if (merges_are_sound(b, m, at, rank))
			release(b, m, at, rank);
	}
	b->easy = m;
	b->easy_first = m->first;
	b->easy_bytes = b->config->trusted ? m->end - m->first : 0;
	return true;
}

#include "policies/buddy_trim.h"

static size_t buddy_metadata_bytes(const void *state)
{
	const struct buddy *b = state;
	size_t bytes = 0;

	for (const struct osm_region *region = b->config->regions->first; region; region = region->next) {
		const struct maps *m = region->index;

		bytes += sizeof *m +
		         (m->end - m->base + rank_bytes(b, STRETCH) - 1) / rank_bytes(b, STRETCH) * sizeof(struct stretch);
	}
	return bytes;
}

/* Finding an order is one bit search; there is nothing to walk. */
static size_t buddy_steps(const void *state)
{
	(void)state;
	return 0;
}

OSM_DEFINE_POLICY(buddy) = {
	.name = "buddy",
	.layout = "out-of-band",
	.summary = "blocks of 2^k bytes aligned to 2^k, merged with their buddies",
	.state_size = sizeof(struct buddy),
	.granule_min = GRANULE_MIN,
	.granule_max = GRANULE_MAX,
	.init = buddy_init,
	.good_size = buddy_good_size,
	.alloc = buddy_alloc,
	.free = buddy_free,
	.resize = buddy_resize,
	.usable_size = buddy_usable_size,
	.owns = buddy_owns,
	.extend = buddy_extend,
	.walk = buddy_walk,
	.check = buddy_check,
	.metadata_bytes = buddy_metadata_bytes,
	.steps = buddy_steps,
	.tail = buddy_tail,
	.retract = buddy_retract,
	.freed = buddy_freed,
};
