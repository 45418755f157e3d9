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
 *     starts    1              1              1                             1     one bit a granule, out of band
 *     free      0              1              1                                   one bit a granule, out of band
 *
 * Metadata lies outside the blocks: two bits a granule of 16 bytes, 1.6% of the span. The order of a block needs no
 * field: the next block starts at a distance that is a power of two, so at most log2(span) bits are looked at. Only a
 * free block holds something, the two links of its order's list.
 *
 * Cost: O(log span) a call. Source: Knowlton 1965, CACM 8(10); Knuth 1973, The Art of Computer Programming, vol. 1, 2.5,
 * algorithms R and S.
 */
#include "policies/buddy_maps.h"
#include "policies/define.h"

static void list_push(struct buddy *b, const struct maps *m, uintptr_t at, unsigned order)
{
	struct link *link = (struct link *)at;

	*link = (struct link){.next = b->heads[order]};
	if (link->next)
		link->next->prev = link;
	b->heads[order] = link;
	b->nonempty |= order_bytes(order);
	bit_set(m->starts, bit_of(b, m, at));
	bit_set(m->free, bit_of(b, m, at));
}

static void list_remove(struct buddy *b, const struct maps *m, uintptr_t at, unsigned order)
{
	struct link *link = (struct link *)at;

	if (link->next)
		link->next->prev = link->prev;
	if (link->prev)
		link->prev->next = link->next;
	else
		b->heads[order] = link->next;
	if (!b->heads[order])
		b->nonempty &= ~order_bytes(order);
	bit_clear(m->free, bit_of(b, m, at));
}

/* Are the links of a free block what the list's neighbours say? */
static bool list_is_sound(const struct buddy *b, uintptr_t at, unsigned order)
{
	const struct link *link = (const struct link *)at;
	const struct osm_region *next_region, *prev_region;
	bool sound;

	if (b->config->trusted)
		return true;
	next_region = region_of(b, link->next);
	prev_region = region_of(b, link->prev);
	sound = (!link->next || (next_region && (uintptr_t)link->next % order_bytes(order) == 0)) &&
	        (link->prev ? prev_region && (uintptr_t)link->prev % order_bytes(order) == 0 : b->heads[order] == link);
	return sound && (!link->next || link->next->prev == link) && (!link->prev || link->prev->next == link);
}

static bool damage(const struct buddy *b, uintptr_t at)
{
	*b->config->fault = (struct osm_fault){OSM_FAULT_DAMAGED, (const void *)at, "a free block was written to"};
	return false;
}

/* Give back a block that is in no list: merge while the buddy is free, then list it. */
static bool release(struct buddy *b, const struct maps *m, uintptr_t at, unsigned order)
{
	uintptr_t merged = at;
	unsigned top = order;

	for (; is_free_block(b, m, merged ^ order_bytes(top), top); merged &= ~order_bytes(top), top++)
		if (!list_is_sound(b, merged ^ order_bytes(top), top))
			return damage(b, merged ^ order_bytes(top));
	for (; order < top; order++) {
		uintptr_t other = at ^ order_bytes(order);

		list_remove(b, m, other, order);
		bit_clear(m->starts, bit_of(b, m, at > other ? at : other));
		at &= ~order_bytes(order);
	}
	list_push(b, m, at, order);
	b->freed = at;
	return true;
}

static void buddy_init(void *state, const struct osm_policy_config *config)
{
	struct buddy *b = state;

	b->config = config;
	b->order_min = bit_highest(config->granule);
}

static size_t buddy_good_size(const void *state, size_t n)
{
	return order_bytes(order_for(state, n));
}

/* Where a free run that reaches to the region's end begins. */
static uintptr_t tail_start(const struct buddy *b, const struct maps *m)
{
	uintptr_t tail = m->end;

	while (tail > m->first) {
		unsigned order = b->order_min;

		/* The block before `tail` starts at tail - 2^k for a k that divides both. */
		while (tail - m->first > order_bytes(order) && !bit_get(m->starts, bit_of(b, m, tail - order_bytes(order))))
			order++;
		if (!is_free(b, m, tail - order_bytes(order)))
			break;
		tail -= order_bytes(order);
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

static void *buddy_alloc(void *state, size_t n, size_t align, struct osm_shortfall *price)
{
	struct buddy *b = state;
	unsigned wanted = order_for(b, n);
	unsigned order = wanted < order_for(b, align) ? order_for(b, align) : wanted;
	size_t candidates = b->nonempty & ~(order_bytes(order) - 1);
	size_t block = order_bytes(order);
	struct maps *m;
	uintptr_t at;

	*price = (struct osm_shortfall){0};
	if (!candidates) {
		price->fresh = block <= PTRDIFF_MAX / 2 ? 2 * block : 0;
		if (b->config->regions->growable && price->fresh) {
			uintptr_t tail = tail_start(b, b->config->regions->growable->index);

			price->more = price_more(b, ((tail + block - 1) & ~(block - 1)) + block);
		}
		return NULL;
	}
	order = bit_lowest(candidates);
	at = (uintptr_t)b->heads[order];
	m = region_of(b, (void *)at)->index;
	if (!list_is_sound(b, at, order)) {
		damage(b, at);
		return NULL;
	}
	list_remove(b, m, at, order);
	while (order > wanted) {
		order--;
		list_push(b, m, at + order_bytes(order), order);
	}
	return (void *)at;
}

static bool buddy_free(void *state, void *p)
{
	struct buddy *b = state;
	const struct maps *m = region_of(b, p)->index;

	return release(b, m, (uintptr_t)p, order_of(b, m, (uintptr_t)p));
}

static bool buddy_resize(void *state, void *p, size_t n, struct osm_shortfall *price)
{
	struct buddy *b = state;
	const struct osm_region *region = region_of(b, p);
	const struct maps *m = region->index;
	uintptr_t at = (uintptr_t)p;
	unsigned order = order_of(b, m, at), wanted = order_for(b, n);

	*price = (struct osm_shortfall){0};
	for (unsigned k = order; k < wanted; k++) {
		if (at & order_bytes(k))
			return false;
		if (is_free_block(b, m, at + order_bytes(k), k)) {
			if (!list_is_sound(b, at + order_bytes(k), k))
				return damage(b, at + order_bytes(k));
			continue;
		}
		if (region == b->config->regions->growable && at % order_bytes(wanted) == 0 &&
		    tail_start(b, m) <= at + order_bytes(k))
			price->more = price_more(b, at + order_bytes(wanted));
		return false;
	}
	for (; order < wanted; order++) {
		list_remove(b, m, at + order_bytes(order), order);
		bit_clear(m->starts, bit_of(b, m, at + order_bytes(order)));
	}
	while (order > wanted) {
		order--;
		list_push(b, m, at + order_bytes(order), order);
	}
	return true;
}

static size_t buddy_usable_size(const void *state, const void *p)
{
	const struct buddy *b = state;

	return order_bytes(order_of(b, region_of(b, p)->index, (uintptr_t)p));
}

static bool buddy_owns(const void *state, const void *p)
{
	const struct buddy *b = state;
	const struct osm_region *region = region_of(b, p);
	const struct maps *m = region ? region->index : NULL;
	uintptr_t at = (uintptr_t)p;

	return m && at >= m->first && at < m->end && at % order_bytes(b->order_min) == 0 &&
	       bit_get(m->starts, bit_of(b, m, at)) && !is_free(b, m, at);
}

static bool buddy_extend(void *state, struct osm_region *region, char *end)
{
	struct buddy *b = state;
	struct maps *m = region->index ? region->index : maps_create(b, region, end);
	uintptr_t at, new_end;

	if (!m)
		return false;
	region->index = m;
	region->end = end;
	at = m->end;
	new_end = (uintptr_t)end & ~(order_bytes(b->order_min) - 1);
	if (new_end <= at)
		return true;
	while (at < new_end) {
		unsigned order = bit_lowest(at);

		while (order_bytes(order) > new_end - at)
			order--;
		bit_set(m->starts, bit_of(b, m, at));
		m->end = at + order_bytes(order);
		bit_set(m->starts, bit_of(b, m, at));
		bit_set(m->starts, bit_of(b, m, m->end));
		release(b, m, at, order);
		at = m->end;
	}
	return true;
}

#include "policies/buddy_trim.h"

static bool buddy_walk(const void *state, osm_visit *visit, void *context)
{
	const struct buddy *b = state;

	for (const struct osm_region *region = b->config->regions->first; region; region = region->next) {
		const struct maps *m = region->index;

		for (uintptr_t at = m->first; at < m->end; at += order_bytes(order_of(b, m, at)))
			if (!visit(&(struct osm_block){.payload = (void *)at,
			                               .size = order_bytes(order_of(b, m, at)),
			                               .free = is_free(b, m, at)},
			           context))
				return false;
	}
	return true;
}

/* Check the blocks of one region; returns how many are free. */
static size_t check_region(const struct buddy *b, const struct maps *m, struct osm_fault *fault)
{
	size_t count = 0;

	for (uintptr_t at = m->first; at < m->end && fault->kind == OSM_FAULT_NONE;) {
		unsigned order = order_of(b, m, at);

		if (at % order_bytes(order) != 0 || at + order_bytes(order) > m->end)
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, (void *)at, "a block is not aligned to its size"};
		else if (is_free(b, m, at) && !list_is_sound(b, at, order))
			*fault = (struct osm_fault){OSM_FAULT_DAMAGED, (void *)at, "a free block was written to"};
		else if (is_free(b, m, at) && is_free_block(b, m, at ^ order_bytes(order), order))
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, (void *)at, "two free buddies were not merged"};
		count += is_free(b, m, at);
		at += order_bytes(order);
	}
	return count;
}

static bool buddy_check(const void *state, struct osm_fault *fault)
{
	const struct buddy *b = state;
	size_t free_blocks = 0, listed = 0;

	fault->kind = OSM_FAULT_NONE;
	for (const struct osm_region *region = b->config->regions->first; region; region = region->next) {
		free_blocks += check_region(b, region->index, fault);
		if (fault->kind != OSM_FAULT_NONE)
			return false;
	}
	for (unsigned order = 0; order < sizeof b->heads / sizeof *b->heads; order++) {
		if ((b->heads[order] != NULL) != ((b->nonempty >> order & 1) != 0))
			*fault = (struct osm_fault){OSM_FAULT_INTERNAL, b->heads[order], "the word of non-empty orders is wrong"};
		for (const struct link *link = b->heads[order]; link && listed <= free_blocks; link = link->next)
			listed++;
	}
	if (listed != free_blocks)
		*fault = (struct osm_fault){OSM_FAULT_INTERNAL, NULL, "the lists do not hold each free block once"};
	return fault->kind == OSM_FAULT_NONE;
}

static size_t buddy_metadata_bytes(const void *state)
{
	const struct buddy *b = state;
	size_t bytes = 0;

	for (const struct osm_region *region = b->config->regions->first; region; region = region->next) {
		const struct maps *m = region->index;

		bytes += sizeof *m + 2 * ((bit_of(b, m, m->end) + 1 + 7) / 8);
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
