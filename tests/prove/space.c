/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rounding, and where blocks and payloads may lie: the same for every layout.
 */
#include "policies/engine.h"
#include "prove.h"

enum { LOG2_MIN = ENGINE_GRANULE_MIN > 8 ? 4 : 3, LOG2_MAX = 12 };

/* What engine_init() makes of a granule. */
static void begin_space(struct space *s, unsigned granule_log2)
{
	s->granule_log2 = granule_log2;
	s->granule = (size_t)1 << granule_log2;
	s->least = (BLOCK_HEADER + BLOCK_PAYLOAD_MIN + s->granule - 1) & ~(s->granule - 1);
}

static bool is_multiple(size_t n, size_t power)
{
	return (n & (power - 1)) == 0;
}

void prove_round_up(size_t n, size_t unit)
{
	assume(is_power(unit) && n <= SIZE_MAX - (unit - 1));
	claim(round_up(n, unit) >= n && round_up(n, unit) - n < unit);
	claim(is_multiple(round_up(n, unit), unit));
}

void prove_round_down(size_t n, size_t unit)
{
	assume(is_power(unit));
	claim(round_down(n, unit) <= n && n - round_down(n, unit) < unit);
	claim(is_multiple(round_down(n, unit), unit));
}

void prove_engine_init(const struct osm_policy_config *config)
{
	struct engine e;
	struct space s;

	memory(config, sizeof *config);
	assume(is_power(config->granule) && config->granule >= 8 && config->granule >= ENGINE_GRANULE_MIN &&
	       config->granule <= ENGINE_GRANULE_MAX);
	engine_init(&e, config);
	begin_space(&s, each(LOG2_MIN, LOG2_MAX));
	assume(s.granule == config->granule);
	claim(e.index.space.granule == s.granule && e.index.space.granule_log2 == s.granule_log2);
	claim(e.index.space.least == s.least);
	claim(e.index.space.config == config && e.index.space.trusted == config->trusted);
}

void prove_block_bytes_for(size_t n)
{
	struct space s;
	size_t bytes;

	begin_space(&s, each(LOG2_MIN, LOG2_MAX));
	assume(n <= OSM_REQUEST_MAX);
	bytes = block_bytes_for(&s, n);
	claim(bytes >= s.least && bytes >= n + BLOCK_HEADER && is_multiple(bytes, s.granule));
	claim(bytes == s.least || bytes - n - BLOCK_HEADER < s.granule);
}

void prove_engine_good_size(size_t n, size_t more)
{
	struct engine e;
	size_t good;

	begin_space(&e.index.space, each(LOG2_MIN, LOG2_MAX));
	assume(n <= more && more <= OSM_REQUEST_MAX);
	good = engine_good_size(&e, n);
	claim(good >= n && good <= engine_good_size(&e, more));
	claim(good > OSM_REQUEST_MAX || engine_good_size(&e, good) == good);
}

void prove_block_of(char *payload)
{
	claim(block_payload(block_of(payload)) == payload);
	claim(block_of(payload) == (struct block *)(void *)(payload - BLOCK_HEADER));
}

void prove_block_payload(struct block *b)
{
	claim(block_of(block_payload(b)) == b);
	claim(block_payload(b) == (char *)b + BLOCK_HEADER);
}

void prove_payload_gap(char *payload, size_t align, size_t other)
{
	struct space s;
	size_t gap;

	begin_space(&s, each(LOG2_MIN, LOG2_MAX));
	assume(is_power(align) && align > s.granule && align <= PTRDIFF_MAX / 8);
	assume(is_multiple((uintptr_t)payload, s.granule));
	gap = payload_gap(&s, payload, align);
	claim(is_multiple((uintptr_t)payload + gap, align) && (gap == 0 || gap >= s.least));
	assume(is_multiple((uintptr_t)payload + other, align) && (other == 0 || other >= s.least));
	claim(gap <= other);
}

void prove_block_place_in(struct block *b, size_t bytes)
{
	struct space s;
	struct request want;
	char *payload = block_payload(b), *place;
	size_t gap;

	begin_space(&s, each(LOG2_MIN, LOG2_MAX));
	assume(is_power(want.align) && want.align <= PTRDIFF_MAX / 8 && payload);
	assume(is_multiple((uintptr_t)payload, s.granule) && (uintptr_t)payload <= UINTPTR_MAX - bytes);
	place = block_place_in(&s, b, bytes, &want);
	/* As low as the alignment allows, which payload_gap() tells, if the block has room for that. */
	gap = want.align > s.granule ? payload_gap(&s, payload, want.align) : 0;
	claim(place == (gap <= bytes && want.bytes <= bytes - gap ? payload + gap : NULL));
}

void prove_region_first(const struct osm_region *region)
{
	struct space s;
	uintptr_t first;

	memory(region, sizeof *region);
	begin_space(&s, each(LOG2_MIN, LOG2_MAX));
	assume((uintptr_t)region->start <= UINTPTR_MAX - BLOCK_HEADER - s.granule);
	first = (uintptr_t)region_first(&s, region);
	claim(first >= (uintptr_t)region->start && first - (uintptr_t)region->start < s.granule);
	claim(is_multiple(first + BLOCK_HEADER, s.granule));
}

void prove_region_floor(char *end)
{
	struct space s;
	uintptr_t floor;

	begin_space(&s, each(LOG2_MIN, LOG2_MAX));
	assume((uintptr_t)end >= 2 * s.granule + BLOCK_HEADER + REGION_MARK);
	assume((uintptr_t)end <= UINTPTR_MAX - BLOCK_HEADER);
	floor = (uintptr_t)region_floor(&s, end);
	claim(floor + REGION_MARK <= (uintptr_t)end && (uintptr_t)end - floor - REGION_MARK < s.granule);
	claim(is_multiple(floor + BLOCK_HEADER, s.granule));
}

void prove_around_merged(size_t before, size_t self, size_t behind)
{
	struct around around = {before, self, behind};

	claim(around_merged(&around) == before + self + behind);
}

void prove_link_to_set(const struct block *b)
{
	struct space s;

	begin_space(&s, each(LOG2_MIN, LOG2_MAX));
	assume(b && is_multiple((uintptr_t)b + BLOCK_HEADER, 8));
#ifdef LINK_NEAR
	assume((s.origin & 1) == ((uintptr_t)b & 1) && (uintptr_t)b > s.origin && (uintptr_t)b - s.origin < 2 * LINK_REACH);
	assume((uintptr_t)b - s.origin >= 2);
#endif
	claim(link_to_set(&s, b) != 0);
	claim(link_from_set(&s, link_to_set(&s, b)) == b);
}

void prove_link_from_set(const struct block *b, const struct block *c)
{
	struct space s;

	begin_space(&s, each(LOG2_MIN, LOG2_MAX));
	assume(b < c);
#ifdef LINK_NEAR
	assume((s.origin & 1) == ((uintptr_t)b & 1) && (uintptr_t)b > s.origin && (uintptr_t)b - s.origin < 2 * LINK_REACH);
	assume((s.origin & 1) == ((uintptr_t)c & 1) && (uintptr_t)c > s.origin && (uintptr_t)c - s.origin < 2 * LINK_REACH);
#endif
	/* Links keep the order of addresses. */
	claim(link_to_set(&s, b) < link_to_set(&s, c));
	claim(link_from_set(&s, link_to_set(&s, c)) == c);
}
