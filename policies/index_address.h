/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The address-ordered index, for first and next fit: a tree of maxima over the addresses of each region, out of band.
 *
 *     level 2                    | 120 |                                 largest free block that starts below, in granules
 *     level 1        |  9 | 120 |  4 |  0 | ... 16 children each
 *     level 0   | 9 | 0 | 2 | 5 | ...             one a piece of 64 granules (32 where a word has 32 bits)
 *     starts    | 0010..1 | ...                   one word a piece: a free block starts at this granule
 *     hand      the free block that came last; it is in none of these until the next one comes
 *     low       for each of the smallest sizes, where a search for it may begin
 *
 * "The lowest free block at or after A of at least n": look into A's piece; climb while no later sibling's maximum
 * reaches n; come down to the first piece whose maximum does; look into it. A free block is filed where it starts.
 *
 * Nothing is stored in a free block, so its payload stays as the program left it, and nothing is ever balanced.
 *
 * Cost: O(log16(span)) groups of 16 maxima, one cache line each, and two pieces: with at most 8 levels at most
 * 2 * 8 + 2 * 64 steps. Memory: 12 bytes a piece and 1/15 more, 1.2% of the span with a granule of 16.
 */
#ifndef OSMEM_POLICIES_INDEX_ADDRESS_H
#define OSMEM_POLICIES_INDEX_ADDRESS_H

#include "policies/space.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define INDEX_GRANULE_MIN ((size_t)1)

enum { FAN = 16, LEVELS = 8 };

/* Sizes below this, in granules, have a `low`. */
enum { SMALL = 9 };

/* The index of one region. */
struct pieces {
	char *base;  /* the first header; granules are counted from here */
	char *limit; /* there is room up to here */
	unsigned levels;
	size_t count;         /* pieces */
	size_t *starts;       /* a word a piece */
	int32_t *max[LEVELS]; /* max[0]: a piece each; max[l]: FAN of the level below each; padded to whole groups */
};

struct index {
	struct space space;
	struct block *hand;
	size_t hand_bytes;
	const char *low[SMALL]; /* no filed block of so many granules or more lies below; not falling from size to size */
};

#define NOWHERE ((size_t)-1)

/* What a policy's searches may take: next fit has two, each with a way up and down the levels and two pieces. */
#define INDEX_STEPS_MAX ((size_t)2 * (2 * LEVELS + 2 * WORD_BITS))

/* A region, and so a block, has at most so many bytes: maxima are 32-bit numbers of granules. */
static inline size_t index_span_max(const struct space *s)
{
	return sizeof(size_t) > 4 ? (size_t)INT32_MAX << s->granule_log2 : SIZE_MAX;
}

static inline int32_t units_of(const struct index *x, size_t bytes)
{
	return (int32_t)(bytes >> x->space.granule_log2);
}

static inline int32_t block_units(const struct index *x, const struct block *b)
{
	return units_of(x, block_bytes(&x->space, b));
}

/* A bit for each of the FAN entries of a level in the group of `at`, the lowest for the first: it reaches `units`. */
static inline unsigned group_at_least(const int32_t *max, size_t at, int32_t units)
{
	const int32_t *group = &max[at / FAN * FAN];
#ifdef __SSE2__
	const __m128i *four = (const __m128i *)(const void *)group;
	__m128i below = _mm_set1_epi32(units - 1);
	__m128i low = _mm_packs_epi32(_mm_cmpgt_epi32(four[0], below), _mm_cmpgt_epi32(four[1], below));
	__m128i high = _mm_packs_epi32(_mm_cmpgt_epi32(four[2], below), _mm_cmpgt_epi32(four[3], below));

	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high));
#else
	unsigned bits = 0;

	/*@ loop invariant 0 <= i <= FAN && \forall integer k; i <= k < 32 ==> !bit(bits, k);
	    loop invariant \forall integer k; 0 <= k < i ==> (bit(bits, k) <==> group[k] >= units);
	    loop assigns i, bits;
	    loop variant FAN - i; */
	for (unsigned i = 0; i < FAN; i++)
		bits |= (unsigned)(group[i] >= units) << i;
	return bits;
#endif
}

/* The first entry of a level from `at` on, in its group, that reaches `units`; NOWHERE: none. */
static inline size_t group_first(const int32_t *max, size_t at, int32_t units)
{
	unsigned bits = group_at_least(max, at, units) >> at % FAN;

	return bits ? at + bit_lowest(bits) : NOWHERE;
}

/* The largest entry of a level in the group of `at`. */
static inline int32_t group_max(const int32_t *max, size_t at)
{
	const int32_t *group = &max[at / FAN * FAN];
	int32_t most = 0;

	/*@ loop invariant 0 <= i <= FAN && 0 <= most;
	    loop invariant \forall integer e; at / FAN * FAN <= e < at / FAN * FAN + i ==> max[e] <= most;
	    loop invariant most == 0 || \exists integer e; at / FAN * FAN <= e < at / FAN * FAN + i && max[e] == most;
	    loop assigns i, most;
	    loop variant FAN - i; */
	for (unsigned i = 0; i < FAN; i++)
		most = group[i] > most ? group[i] : most;
	return most;
}

static inline size_t position_of(const struct index *x, const struct pieces *p, const char *at)
{
	return (size_t)(at - p->base) >> x->space.granule_log2;
}

static inline struct block *block_at(const struct index *x, const struct pieces *p, size_t position)
{
	return (struct block *)(void *)(p->base + (position << x->space.granule_log2));
}

static inline struct pieces *pieces_of(const struct index *x, const struct block *b)
{
	const struct space *s = &x->space;

	return region_of(s, b)->index;
}

/* The first block of at least `units` from a position on, in its piece; NULL: none. */
static inline struct block *piece_search(struct index *x, const struct pieces *p, size_t position, int32_t units)
{
	for (size_t bits = p->starts[position / WORD_BITS] >> position % WORD_BITS; bits; bits = bits_but_lowest(bits)) {
		struct block *b = block_at(x, p, position + bit_lowest(bits));

		space_look(&x->space, b);
		if (block_units(x, b) >= units)
			return b;
	}
	return NULL;
}

/* An entry of a level becomes `units`. */
static inline void entry_set(struct pieces *p, unsigned level, size_t at, int32_t units)
{
	p->max[level][at] = units;
	//@ assert same_but{Pre, Here}(p->max[level], p->count, level, at);
	//@ assert \forall integer l; 0 <= l < p->levels && l != level ==> same_but{Pre, Here}(p->max[l], p->count, l, -1);
}

/* A piece has a block of `units` more: its maximum, and those above it. */
static inline void pieces_raise(struct pieces *p, size_t piece, int32_t units)
{
	size_t at = piece;

	/*@ loop invariant 0 <= level <= p->levels && 0 <= at < width(p->count, level) && at <= INT32_MAX;
	    loop invariant \forall integer l; 0 <= l < p->levels ==> padded(p->max[l], p->count, l);
	    loop invariant right_but(&p->max[0], p->levels, p->count, level, at, units);
	    loop invariant level == 0 ==> at == piece && p->max[0][piece] == \at(p->max[0][piece], Pre);
	    loop invariant level > 0 ==> \at(p->max[0][piece], Pre) < units == p->max[0][piece];
	    loop invariant same_but{Pre, Here}(p->max[0], p->count, 0, piece);
	    loop assigns at, level, p->max[0 .. LEVELS - 1][0 .. INT32_MAX];
	    loop variant p->levels - level; */
	for (unsigned level = 0; level < p->levels && p->max[level][at] < units; level++, at /= FAN)
		entry_set(p, level, at, units);
}

/* The first piece below entry `at` of a level that reaches `units`, as the entry does. */
static inline size_t pieces_descend(struct index *x, const struct pieces *p, unsigned level, size_t at, int32_t units)
{
	/*@ loop invariant 0 <= level <= \at(level, Pre);
	    loop invariant reached(p->max[level], \at(p->count, Pre), level, at, units);
	    loop invariant \forall integer piece;
	        parted(p->max[0], piece, \at(p->count, Pre), \at(level, Pre), \at(at, Pre), units) ==>
	        parted(p->max[0], piece, \at(p->count, Pre), level, at, units);
	    loop assigns at, level, x->space.steps;
	    loop variant level; */
	for (; level > 0; at = group_first(p->max[--level], at * FAN, units))
		space_look(&x->space, NULL);
	return at;
}

/* The first piece at or after `piece` whose maximum reaches `units`. */
static inline size_t pieces_search(struct index *x, const struct pieces *p, size_t piece, int32_t units)
{
	size_t at = piece, count = p->count, found;
	unsigned level = 0;

	/*@ loop invariant 0 <= level < p->levels;
	    loop invariant count == width(\at(p->count, Pre), level) <= INT32_MAX;
	    loop invariant \forall integer l; 0 <= l <= level ==> dominated(p->max[0], p->max[l], \at(p->count, Pre), l);
	    loop invariant parted(p->max[0], piece, \at(p->count, Pre), level, at, units);
	    loop assigns at, count, found, level, x->space.steps;
	    loop variant p->levels - level; */
	for (;; at = at / FAN + 1, count = (count + FAN - 1) / FAN) {
		if (at >= count)
			return NOWHERE;
		space_look(&x->space, NULL);
		found = group_first(p->max[level], at, units);
		if (found != NOWHERE)
			return pieces_descend(x, p, level, found, units);
		if (++level == p->levels)
			return NOWHERE;
	}
}

/* The lowest filed block of a region at or after a position, which is below its top, that has `units`. */
static inline struct block *pieces_first(struct index *x, const struct pieces *p, size_t position, int32_t units)
{
	size_t piece = position / WORD_BITS;
	struct block *b = NULL;

	if (p->max[0][piece] >= units)
		b = piece_search(x, p, position, units);
	if (b)
		return b;
	piece = pieces_search(x, p, piece + 1, units);
	return piece == NOWHERE ? NULL : piece_search(x, p, piece * WORD_BITS, units);
}

/* No filed block of `units` or more lies below `at`. */
static inline void low_raise(struct index *x, int32_t units, const char *at)
{
	for (; units < SMALL && x->low[units] < at; units++)
		x->low[units] = at;
}

/* A block of `units` is filed at `at`. */
static inline void low_drop(struct index *x, int32_t units, const char *at)
{
	for (units = units < SMALL ? units : SMALL - 1; x->low[units] > at; units--)
		x->low[units] = at;
}

static void index_file(struct index *x, const struct block *b, size_t bytes)
{
	struct pieces *p = pieces_of(x, b);
	size_t position = position_of(x, p, (const char *)b);
	int32_t units = units_of(x, bytes);

	low_drop(x, units, (const char *)b);
	bit_set(p->starts, position);
	pieces_raise(p, position / WORD_BITS, units);
}

/* False: it is not filed, so its header lies, and nothing has changed. */
static bool index_unfile(struct index *x, const struct block *b, size_t bytes)
{
	struct pieces *p = pieces_of(x, b);
	size_t position = position_of(x, p, (const char *)b), at = position / WORD_BITS;
	int32_t units = units_of(x, bytes), most = 0;

	if (!bit_get(p->starts, position))
		return space_damage(&x->space, b, "its header was overwritten");
	bit_clear(p->starts, position);
	if (p->max[0][at] != units)
		return true;
	for (size_t bits = p->starts[at]; bits && most < units; bits = bits_but_lowest(bits)) {
		int32_t other = block_units(x, block_at(x, p, at * WORD_BITS + bit_lowest(bits)));

		most = other > most ? other : most;
	}
	for (unsigned level = 0; most < units; level++) {
		p->max[level][at] = most;
		if (level + 1 == p->levels || p->max[level + 1][at / FAN] != units)
			break;
		most = group_max(p->max[level], at);
		at /= FAN;
	}
	return true;
}

static inline void index_insert(struct index *x, struct block *b, size_t bytes)
{
	if (x->hand)
		index_file(x, x->hand, x->hand_bytes);
	x->hand = b;
	x->hand_bytes = bytes;
}

static inline bool index_remove(struct index *x, struct block *b, size_t bytes)
{
	if (b != x->hand)
		return index_unfile(x, b, bytes);
	x->hand = NULL;
	return true;
}

/* The lowest filed block at or after `from` that has `units`. */
static inline struct block *index_filed(struct index *x, const char *from, int32_t units)
{
	for (struct osm_region *region = x->space.config->regions->first; region; region = region->next) {
		const struct pieces *p = region->index;
		struct block *b;

		if (region->top <= from)
			continue;
		b = pieces_first(x, p, from <= p->base ? 0 : position_of(x, p, from + x->space.granule - 1), units);
		if (b)
			return b;
	}
	return NULL;
}

/* The lowest-addressed free block at or after `from` that suffices; `from` NULL: of all. */
static inline struct block *index_first(struct index *x, const char *from, const struct request *want)
{
	struct space *s = &x->space;
	struct block *hand = x->hand, *b;
	int32_t units = units_of(x, want->bytes);

	if (want->bytes > index_span_max(s))
		return NULL;
	if (hand && ((char *)hand < from || !block_place_in(s, hand, x->hand_bytes, want)))
		hand = NULL;
	if (hand && (char *)hand == from)
		return hand; /* nothing can be lower: next fit goes on in what its last split left over */
	if (from || units >= SMALL) {
		b = index_filed(x, from, units);
	} else {
		b = index_filed(x, x->low[units], units);
		low_raise(x, units, b ? (const char *)b : (const char *)UINTPTR_MAX);
	}
	while (b && want->align > x->space.granule && !block_place(s, b, want))
		b = index_filed(x, (char *)b + x->space.granule, units);
	return hand && (!b || hand < b) ? hand : b;
}

/* Bytes of tables for so many pieces, and where they lie behind `memory` (NULL: only count). */
static size_t pieces_lay_out(struct pieces *p, char *memory, size_t count)
{
	uintptr_t at = (uintptr_t)memory;
	size_t bytes = round_up(count * sizeof(size_t), 64), entries = count;
	unsigned level = 0;

	p->count = count;
	p->starts = (size_t *)at;
	do {
		p->max[level] = (int32_t *)(at + bytes);
		bytes += (entries / FAN + 1) * FAN * sizeof(int32_t);
		entries = (entries + FAN - 1) / FAN;
		level++;
	} while (entries > 1 && level < LEVELS);
	p->levels = level;
	return bytes;
}

static size_t pieces_bytes(const struct space *s, size_t span)
{
	struct pieces layout;

	return round_up(sizeof layout, 64) + pieces_lay_out(&layout, NULL, (span >> s->granule_log2) / WORD_BITS + 1);
}

static bool index_extend(struct index *x, struct osm_region *region, char *end)
{
	struct space *s = &x->space;
	size_t most = index_span_max(s);
	struct pieces *p = region->index;
	char *had = p ? p->limit : NULL;

	if ((size_t)(end - region->start) > most)
		return false;
	if ((size_t)(region->limit - region->start) > most)
		region->limit = region->start + most;
	p = region_table(s, region, end, had, pieces_bytes);
	if (!p)
		return had;
	p->base = (char *)region_first(s, region);
	p->limit = region->limit;
	pieces_lay_out(p, (char *)p + round_up(sizeof *p, 64),
	               ((size_t)(region->limit - region->start) >> x->space.granule_log2) / WORD_BITS + 1);
	region->index = p;
	return true;
}

/* Check the maxima of one region as far as it reaches; returns its filed blocks. */
static size_t pieces_check(const struct index *x, const struct osm_region *region, struct osm_fault *fault)
{
	const struct space *s = &x->space;
	const struct pieces *p = region->index;
	size_t filed = 0, entries = position_of(x, p, region->top) / WORD_BITS + 1;

	for (size_t piece = 0; piece < entries; piece++) {
		int32_t most = 0;

		for (size_t bits = p->starts[piece]; bits; bits = bits_but_lowest(bits), filed++) {
			const struct block *b = block_at(x, p, piece * WORD_BITS + bit_lowest(bits));

			if (!block_is_free(s, b))
				osm_bug(fault, block_payload(b), "a live block is filed as free");
			if ((const char *)b < x->low[block_units(x, b) < SMALL ? block_units(x, b) : SMALL - 1])
				osm_bug(fault, block_payload(b), "searches begin behind a block");
			most = block_units(x, b) > most ? block_units(x, b) : most;
		}
		if (most != p->max[0][piece])
			osm_bug(fault, block_at(x, p, piece * WORD_BITS), "the maximum of a piece is wrong");
	}
	for (unsigned level = 1; level < p->levels; level++) {
		entries = (entries + FAN - 1) / FAN;
		for (size_t i = 0; i < entries; i++)
			if (p->max[level][i] != group_max(p->max[level - 1], i * FAN))
				osm_bug(fault, p->base, "a maximum is not that of its children");
	}
	return filed;
}

static bool index_check(const struct index *x, size_t free_blocks, struct osm_fault *fault)
{
	size_t filed = x->hand != NULL;

	for (const struct osm_region *region = x->space.config->regions->first; region; region = region->next)
		filed += pieces_check(x, region, fault);
	if (fault->kind == OSM_FAULT_NONE && filed != free_blocks)
		osm_bug(fault, NULL, "the index does not hold each free block once");
	return fault->kind == OSM_FAULT_NONE;
}

static inline size_t index_metadata_bytes(const struct index *x)
{
	size_t bytes = 0;

	for (const struct osm_region *region = x->space.config->regions->first; region; region = region->next) {
		const struct pieces *p = region->index;
		struct pieces used;

		bytes += sizeof *p + pieces_lay_out(&used, NULL, position_of(x, p, region->top) / WORD_BITS + 1);
	}
	return bytes;
}

#endif
