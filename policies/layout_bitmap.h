/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `bitmap` layout: no header at all. Two bits a granule, out of band: a block starts here; it is free.
 *
 *     granule   0   1   2   3   4   5   6   7  ...  63 | 64  65 ...                127 | 128 ...
 *             | a     | b     |///////////////|  c                                        | d
 *     starts    1   0   1   0   1   0   0   0   1      | 0   0                        | 1
 *     frees     0   .   0   .   1   .   .   .   0      | (size of c, in granules)     | 0          . means nothing
 *
 * The two words of WORD_BITS granules, a stretch, lie side by side. A block ends where the next one starts, which is
 * found in its own stretch or the next; or else it covers all of the next one. Then nothing starts there, its word of
 * `frees` is idle, and holds the block's size instead; so does that of the last stretch which it covers, for the block
 * behind it. Finding either end of a block looks at two words, whatever its size.
 *
 * A block of n bytes takes n, rounded up to the granule. No overrun reaches a size or a state, and the maps answer at
 * once whose a pointer is. Memory: 1/64 of the span with a granule of 16. Cost: O(1) a verb.
 *
 * The idea of separate maps for starts and states is that of Boehm and Weiser 1988, Software Practice & Experience 18.
 */
#ifndef OSMEM_LAYOUT_BITMAP_H
#define OSMEM_LAYOUT_BITMAP_H

#include "policies/link.h"

#define LAYOUT_REACH REACH_FIRST

/* What stands for a block is the start of its payload. */
struct block {
	char payload;
};

#define BLOCK_HEADER ((size_t)0)
#define BLOCK_PAYLOAD_MIN sizeof(struct node)
#define REGION_MARK ((size_t)0)
#define LAYOUT_GRANULE_MIN sizeof(size_t)
#define LAYOUT_NODE_GRANULE LAYOUT_GRANULE_MIN
#define LAYOUT_OWNER_FILE "policies/owner_maps.h"

struct stretch {
	size_t starts; /* also set where the last block ends */
	size_t frees;  /* where a block starts: it is free; where none does: the granules of the block that covers all */
};

/* The maps of a region. */
struct maps {
	uintptr_t base; /* the first block; granules are counted from here */
	size_t span;    /* bytes that the maps can tell of */
	char *end;      /* of the last block */
	struct stretch stretches[];
};

static inline size_t layout_span_max(const struct space *s)
{
	(void)s;
	return SIZE_MAX;
}

static inline struct maps *maps_of(const struct space *s, const struct block *b)
{
	struct maps *m = s->here;
	const struct osm_region *region = s->config->regions->first;

	if (m && (uintptr_t)b - m->base < m->span)
		return m;
	while ((const char *)b < region->start || (const char *)b >= region->end)
		region = region->next;
	return region->ledger;
}

static inline size_t map_position(const struct space *s, const struct maps *m, const void *at)
{
	return ((uintptr_t)at - m->base) >> s->granule_log2;
}

static inline struct block *map_block(const struct space *s, const struct maps *m, size_t position)
{
	return (struct block *)(m->base + (position << s->granule_log2));
}

static inline bool map_starts(const struct maps *m, size_t i)
{
	return m->stretches[i / WORD_BITS].starts >> i % WORD_BITS & 1;
}

static inline bool map_is_free(const struct maps *m, size_t i)
{
	return m->stretches[i / WORD_BITS].frees >> i % WORD_BITS & 1;
}

static inline void map_unmark(struct maps *m, size_t i)
{
	m->stretches[i / WORD_BITS].starts &= ~((size_t)1 << i % WORD_BITS);
}

/* A block that starts at i becomes free, or live. */
static inline void map_free(struct maps *m, size_t i)
{
	m->stretches[i / WORD_BITS].frees |= (size_t)1 << i % WORD_BITS;
}

static inline void map_take(struct maps *m, size_t i)
{
	m->stretches[i / WORD_BITS].frees &= ~((size_t)1 << i % WORD_BITS);
}

static inline void map_mark(struct maps *m, size_t i, bool is_free)
{
	struct stretch *at = &m->stretches[i / WORD_BITS];

	at->starts |= (size_t)1 << i % WORD_BITS;
	at->frees = (at->frees & ~((size_t)1 << i % WORD_BITS)) | (size_t)is_free << i % WORD_BITS;
}

/* Where the block that starts at i ends. */
static inline size_t map_end(const struct maps *m, size_t i)
{
	const struct stretch *at = &m->stretches[i / WORD_BITS];
	size_t behind = at->starts >> i % WORD_BITS >> 1;

	if (behind)
		return i + 1 + bit_lowest(behind);
	at++;
	return at->starts ? (i / WORD_BITS + 1) * WORD_BITS + bit_lowest(at->starts) : i + at->frees;
}

/* Where the block that ends at i, which is not the first place, starts. */
static inline size_t map_start(const struct maps *m, size_t i)
{
	const struct stretch *at = &m->stretches[i / WORD_BITS];
	size_t before = at->starts & (((size_t)1 << i % WORD_BITS) - 1);

	if (before)
		return i / WORD_BITS * WORD_BITS + bit_highest(before);
	at--;
	return at->starts ? (i / WORD_BITS - 1) * WORD_BITS + bit_highest(at->starts) : i - at->frees;
}

/* Note the size of a block in the first and the last stretch that it covers, if it does. */
static inline void map_note_size(struct maps *m, size_t i, size_t end)
{
	size_t first = i / WORD_BITS + 1, behind = end / WORD_BITS;

	if (first < behind)
		m->stretches[first].frees = m->stretches[behind - 1].frees = end - i;
}

static inline size_t block_bytes(const struct space *s, const struct block *b)
{
	const struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b);

	return (map_end(m, i) - i) << s->granule_log2;
}

static inline bool block_is_free(const struct space *s, const struct block *b)
{
	const struct maps *m = maps_of(s, b);

	return map_is_free(m, map_position(s, m, b));
}

static inline struct block *block_next(const struct space *s, const struct block *b)
{
	const struct maps *m = maps_of(s, b);
	struct block *next = map_block(s, m, map_end(m, map_position(s, m, b)));

	return (char *)next == m->end ? NULL : next;
}

static inline struct block *block_prev_if_free(const struct space *s, const struct block *b)
{
	const struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b), prev;

	if (i == 0)
		return NULL;
	prev = map_start(m, i);
	return map_is_free(m, prev) ? map_block(s, m, prev) : NULL;
}

/* b, which is about to be freed, and what it will merge with. */
static inline struct around block_around(const struct space *s, const struct block *b)
{
	const struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b), end = map_end(m, i), before = i > 0 ? map_start(m, i) : 0;
	bool is_free_before = i > 0 && map_is_free(m, before);
	bool is_free_behind = map_is_free(m, end); /* what ends the region is not */

	return (struct around){.before = is_free_before ? (i - before) << s->granule_log2 : 0,
	                       .self = (end - i) << s->granule_log2,
	                       .behind = is_free_behind ? (map_end(m, end) - end) << s->granule_log2 : 0};
}

/* Take a whole free block. */
static inline void block_take(const struct space *s, struct block *b)
{
	struct maps *m = maps_of(s, b);

	map_take(m, map_position(s, m, b));
}

/* Cut the block [i, end) in two. */
static inline struct block *map_cut(const struct space *s, struct maps *m, size_t i, size_t end, size_t bytes)
{
	size_t cut = i + (bytes >> s->granule_log2);

	map_mark(m, cut, true);
	map_note_size(m, i, cut);
	map_note_size(m, cut, end);
	return map_block(s, m, cut);
}

/* Take the low end of a free block of so many bytes; the rest stays free and is returned. */
static inline struct block *block_carve(const struct space *s, struct block *b, size_t bytes, size_t taken)
{
	struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b);
	struct block *rest = map_cut(s, m, i, i + (bytes >> s->granule_log2), taken);

	map_take(m, i);
	return rest;
}

/* Cut b so that it keeps so many bytes; the rest becomes a free block. */
static inline struct block *block_split(const struct space *s, struct block *b, size_t bytes)
{
	struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b);

	return map_cut(s, m, i, map_end(m, i), bytes);
}

/* b and its free neighbours become one free block, which is returned. */
static inline struct block *block_merge(const struct space *s, struct block *b, const struct around *around)
{
	struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b), first = i - (around->before >> s->granule_log2);
	size_t end = i + ((around->self + around->behind) >> s->granule_log2);

	if (around->before)
		map_unmark(m, i);
	else
		map_free(m, i);
	if (around->behind)
		map_unmark(m, i + (around->self >> s->granule_log2));
	map_note_size(m, first, end);
	return map_block(s, m, first);
}

/* Swallow the block behind b. */
static inline void block_absorb(const struct space *s, struct block *b)
{
	struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b), j = map_end(m, i), end = map_end(m, j);

	map_unmark(m, j);
	map_note_size(m, i, end);
}

/* Let b, the last block of its region, end at `end`. */
static inline void block_enlarge(const struct space *s, struct block *b, char *end)
{
	struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b);

	map_unmark(m, map_end(m, i));
	map_mark(m, map_position(s, m, end), false);
	map_note_size(m, i, map_position(s, m, end));
	m->end = end;
}

/* Make [at, end) a free block behind `last`, the last block of its region, or NULL. */
static inline struct block *block_append(const struct space *s, struct block *last, char *at, char *end)
{
	struct block *b = (struct block *)(void *)at;
	struct maps *m = maps_of(s, b);

	(void)last;
	map_mark(m, map_position(s, m, at), true);
	map_mark(m, map_position(s, m, end), false);
	map_note_size(m, map_position(s, m, at), map_position(s, m, end));
	m->end = end;
	return b;
}

/* Could b, which lies within a region, be a block that ends at `end` or before? */
static inline bool block_is_sound(const struct space *s, const struct block *b, const char *end)
{
	const struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b);

	return (uintptr_t)b % s->granule == 0 && (uintptr_t)b >= m->base && map_starts(m, i) && (const char *)b < m->end &&
	       (const char *)map_block(s, m, map_end(m, i)) <= end;
}

/* Do b and the block before it agree? */
static inline bool block_agrees(const struct space *s, const struct block *prev, const struct block *b)
{
	const struct maps *m = maps_of(s, b);
	size_t i = map_position(s, m, b);

	return prev ? map_start(m, i) == map_position(s, m, prev) : i == 0;
}

static size_t maps_bytes(const struct space *s, size_t span)
{
	return sizeof(struct maps) + ((span >> s->granule_log2) / WORD_BITS + 2) * sizeof(struct stretch);
}

static void *region_table(const struct space *s, struct osm_region *region, char *end, char *had,
                          size_t (*bytes_for)(const struct space *s, size_t span));

static struct block *region_first(const struct space *s, const struct osm_region *region);

/* Prepare for blocks up to `end` in a region. */
static inline bool layout_extend(struct space *s, struct osm_region *region, char *end)
{
	struct maps *m = region->ledger;
	char *had = m ? (char *)m->base + m->span : NULL;
	struct maps *larger = region_table(s, region, end, had, maps_bytes);

	if (larger) {
		m = larger;
		m->base = (uintptr_t)region_first(s, region);
		m->span = (size_t)(region->limit - (char *)m->base);
		region->ledger = m;
	}
	s->here = m;
	return m;
}

static inline size_t layout_metadata_bytes(const struct space *s)
{
	size_t bytes = 0;

	for (const struct osm_region *region = s->config->regions->first; region; region = region->next)
		bytes += maps_bytes(s, (size_t)(region->top - region->start));
	return bytes;
}

#endif
