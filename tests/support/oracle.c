/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The oracle's array of blocks, and the fits: first, next, best and worst fit.
 *
 * A request of n bytes takes the lower part of the chosen block. What is left is a block of its own if it holds a
 * header and the smallest payload. Free neighbours are merged at once.
 */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUDDY_BLOCK_MIN 16

struct oracle_name {
	const char *name;
	enum oracle_rule rule;
};

static const struct oracle_name names[] = {
	{"first-fit", ORACLE_FIRST_FIT},         {"next-fit", ORACLE_NEXT_FIT},   {"best-fit", ORACLE_BEST_FIT},
	{"best-fit-lifo", ORACLE_BEST_FIT_LIFO}, {"worst-fit", ORACLE_WORST_FIT}, {"buddy", ORACLE_BUDDY},
};

bool oracle_names(const char *name, const char *policy)
{
	size_t n = strlen(name);

	return strncmp(name, policy, n) == 0 && (policy[n] == '\0' || strcmp(policy + n, "-scan") == 0);
}

static uintptr_t end_of(const struct oracle_block *block)
{
	return block->start + block->bytes;
}

static size_t rounded(const struct oracle *oracle, size_t bytes)
{
	return (bytes + oracle->granule - 1) / oracle->granule * oracle->granule;
}

/* Bytes of a block with room for n. */
static size_t total(const struct oracle *oracle, size_t n)
{
	return rounded(oracle, (n < oracle->least ? oracle->least : n) + oracle->header);
}

/* As much of a span as blocks can have. */
static size_t whole(const struct oracle *oracle, size_t bytes)
{
	return bytes - bytes % oracle->granule;
}

bool oracle_begin(struct oracle *oracle, const char *policy, const char *layout, size_t granule)
{
	bool known = false;

	memset(oracle, 0, offsetof(struct oracle, blocks));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (oracle_names(names[i].name, policy)) {
			oracle->rule = names[i].rule;
			known = true;
		}
	}
	oracle->granule = granule;
	if (oracle->rule == ORACLE_BUDDY) {
		oracle->granule = granule > BUDDY_BLOCK_MIN ? granule : BUDDY_BLOCK_MIN;
		return known;
	}
	if (strcmp(layout, "meta") == 0) {
		oracle->header = 32;
		oracle->least = 1;
	} else if (strcmp(layout, "wide") == 0) {
		oracle->header = sizeof(size_t);
		oracle->mark = sizeof(size_t);
		oracle->least = 3 * sizeof(size_t);
	} else if (strcmp(layout, "tag") == 0) {
		oracle->header = 4;
		oracle->mark = 4;
		oracle->least = 12;
	} else if (strcmp(layout, "bitmap") == 0) {
		oracle->least = 2 * sizeof(size_t);
	} else {
		known = false;
	}
	return known;
}

void oracle_copy(struct oracle *to, const struct oracle *from)
{
	memcpy(to, from, offsetof(struct oracle, blocks) + from->count * sizeof *from->blocks);
}

size_t oracle_good_size(const struct oracle *oracle, size_t n)
{
	if (oracle->rule == ORACLE_BUDDY)
		return buddy_oracle_size(oracle, n);
	return total(oracle, n) - oracle->header;
}

size_t oracle_find(const struct oracle *oracle, uintptr_t p)
{
	for (size_t i = 0; i < oracle->count; i++) {
		if (oracle->blocks[i].start + oracle->header == p && !oracle->blocks[i].free)
			return i;
	}
	fprintf(stderr, "oracle: %p is no live block\n", (void *)p);
	abort();
}

struct oracle_block *oracle_insert(struct oracle *oracle, size_t at, const struct oracle_block *block)
{
	if (oracle->count == ORACLE_BLOCKS) {
		fprintf(stderr, "oracle: more than %d blocks\n", ORACLE_BLOCKS);
		abort();
	}
	memmove(oracle->blocks + at + 1, oracle->blocks + at, (oracle->count - at) * sizeof *oracle->blocks);
	oracle->count++;
	oracle->blocks[at] = *block;
	return oracle->blocks + at;
}

void oracle_remove(struct oracle *oracle, size_t at)
{
	oracle->count--;
	memmove(oracle->blocks + at, oracle->blocks + at + 1, (oracle->count - at) * sizeof *oracle->blocks);
}

/* The block becomes free, or another one than before. */
static void push(struct oracle *oracle, struct oracle_block *block)
{
	block->free = true;
	block->pushed = ++oracle->pushes;
}

/* The block grows at its end; the rover must not point into it. */
static void enlarge(struct oracle *oracle, struct oracle_block *block, size_t bytes)
{
	block->bytes += bytes;
	if (block->free && bytes > 0)
		push(oracle, block);
	if (oracle->rover > block->start && oracle->rover < end_of(block))
		oracle->rover = block->start;
}

/* True if there is a free block right behind block i. */
static bool free_follows(const struct oracle *oracle, size_t i)
{
	const struct oracle_block *next = oracle->blocks + i + 1;

	return i + 1 < oracle->count && next->region == oracle->blocks[i].region && next->free;
}

static void absorb_next(struct oracle *oracle, size_t i)
{
	size_t bytes = oracle->blocks[i + 1].bytes;

	oracle_remove(oracle, i + 1);
	enlarge(oracle, oracle->blocks + i, bytes);
}

/* Block i keeps `bytes`; the rest becomes free if it can be a block. */
static void split(struct oracle *oracle, size_t i, size_t bytes)
{
	struct oracle_block rest = oracle->blocks[i];

	if (rest.bytes - bytes < total(oracle, 0))
		return;
	rest.start += bytes;
	rest.bytes -= bytes;
	push(oracle, &rest);
	oracle->blocks[i].bytes = bytes;
	oracle_insert(oracle, i + 1, &rest);
	if (free_follows(oracle, i + 1))
		absorb_next(oracle, i + 1);
}

/* The number of blocks at lower addresses than the end of region r, so also where a block at its end would stand. */
static size_t behind_region(const struct oracle *oracle, unsigned r)
{
	size_t i = 0;

	while (i < oracle->count && oracle->blocks[i].start < oracle->regions[r].end)
		i++;
	return i;
}

/* The last block of region r, or NULL. */
static struct oracle_block *last_of(struct oracle *oracle, unsigned r)
{
	size_t i = behind_region(oracle, r);

	return i > 0 && oracle->blocks[i - 1].region == r ? oracle->blocks + i - 1 : NULL;
}

static unsigned region_at(struct oracle *oracle, uintptr_t start)
{
	unsigned newest = oracle->region_count - 1;
	struct oracle_region *region;

	if (oracle->region_count > 0 && oracle->regions[newest].start == start)
		return newest;
	newest = oracle->region_count++;
	if (newest >= ORACLE_REGIONS) {
		fprintf(stderr, "oracle: more than %d regions\n", ORACLE_REGIONS);
		abort();
	}
	region = oracle->regions + newest;
	region->start = start;
	region->first = rounded(oracle, start + oracle->header) - oracle->header;
	region->end = region->first;
	return newest;
}

void oracle_extend(struct oracle *oracle, uintptr_t start, uintptr_t end)
{
	unsigned r = region_at(oracle, start);
	struct oracle_block *last = last_of(oracle, r);
	struct oracle_block fresh = {.region = r};
	uintptr_t from = last ? end_of(last) : oracle->regions[r].first;
	size_t bytes = end - oracle->mark > from ? end - oracle->mark - from : 0;

	bytes = whole(oracle, bytes);
	if (oracle->rule == ORACLE_BUDDY) {
		from = oracle->regions[r].end;
		oracle->regions[r].end = whole(oracle, end);
		buddy_oracle_extend(oracle, from, oracle->regions[r].end);
		return;
	}
	oracle->regions[r].end = end - oracle->mark;
	if (last && last->free) {
		enlarge(oracle, last, bytes);
	} else if (bytes >= total(oracle, 0)) {
		fresh.start = from;
		fresh.bytes = bytes;
		push(oracle, &fresh);
		oracle_insert(oracle, behind_region(oracle, r), &fresh);
	}
}

/* How many bytes of block i must stay free in front of the request; more than the block has if it does not suffice. */
static size_t gap_in(const struct oracle *oracle, size_t i, size_t bytes, size_t align)
{
	const struct oracle_block *block = oracle->blocks + i;
	size_t gap = 0;

	while ((block->start + gap + oracle->header) % align != 0 || (gap > 0 && gap < total(oracle, 0))) {
		gap += oracle->granule;
		if (gap > block->bytes)
			break;
	}
	return block->free && gap + bytes <= block->bytes ? gap : block->bytes + 1;
}

/* Does the rule prefer block a, which suffices, to block b, which does too and lies lower? */
static bool better(const struct oracle *oracle, const struct oracle_block *a, const struct oracle_block *b)
{
	switch (oracle->rule) {
	case ORACLE_NEXT_FIT:
		return a->start >= oracle->rover && b->start < oracle->rover;
	case ORACLE_BEST_FIT:
		return a->bytes < b->bytes;
	case ORACLE_BEST_FIT_LIFO:
		return a->bytes < b->bytes || (a->bytes == b->bytes && a->pushed > b->pushed);
	case ORACLE_WORST_FIT:
		return a->bytes > b->bytes;
	default:
		return false;
	}
}

/* The chosen block, or `count` if none suffices. */
static size_t choose(const struct oracle *oracle, size_t bytes, size_t align)
{
	size_t chosen = oracle->count;

	for (size_t i = 0; i < oracle->count; i++) {
		if (gap_in(oracle, i, bytes, align) > oracle->blocks[i].bytes)
			continue;
		if (chosen == oracle->count || better(oracle, oracle->blocks + i, oracle->blocks + chosen))
			chosen = i;
	}
	return chosen;
}

/* Exact for alignments up to the granule. */
static void price(struct oracle *oracle, size_t bytes, struct osm_shortfall *shortfall)
{
	unsigned r = oracle->region_count - 1;
	struct oracle_block *last;
	uintptr_t from;

	shortfall->fresh = rounded(oracle, oracle->header) - oracle->header + bytes + oracle->mark;
	shortfall->more = 0;
	if (oracle->region_count == 0)
		return;
	last = last_of(oracle, r);
	from = last ? end_of(last) : oracle->regions[r].first;
	if (last && last->free)
		from = last->start;
	shortfall->more = from + bytes - oracle->regions[r].end;
}

uintptr_t oracle_alloc(struct oracle *oracle, size_t n, size_t align, struct osm_shortfall *shortfall)
{
	size_t bytes = total(oracle, n);
	size_t i, gap;
	struct oracle_block lower;

	if (oracle->rule == ORACLE_BUDDY)
		return buddy_oracle_alloc(oracle, n, align);
	i = choose(oracle, bytes, align);
	if (i == oracle->count) {
		price(oracle, bytes, shortfall);
		return 0;
	}
	gap = gap_in(oracle, i, bytes, align);
	if (gap > 0) {
		lower = oracle->blocks[i];
		lower.bytes = gap;
		push(oracle, &lower);
		oracle_insert(oracle, i, &lower);
		i++;
		oracle->blocks[i].start += gap;
		oracle->blocks[i].bytes -= gap;
	}
	oracle->blocks[i].free = false;
	split(oracle, i, bytes);
	oracle->rover = end_of(oracle->blocks + i);
	return oracle->blocks[i].start + oracle->header;
}

void oracle_free(struct oracle *oracle, uintptr_t p)
{
	size_t i = oracle_find(oracle, p);

	if (oracle->rule == ORACLE_BUDDY) {
		buddy_oracle_free(oracle, i);
		return;
	}
	push(oracle, oracle->blocks + i);
	if (free_follows(oracle, i))
		absorb_next(oracle, i);
	if (i > 0 && oracle->blocks[i - 1].free && free_follows(oracle, i - 1))
		absorb_next(oracle, i - 1);
}

bool oracle_resize(struct oracle *oracle, uintptr_t p, size_t n, struct osm_shortfall *shortfall)
{
	size_t i = oracle_find(oracle, p);
	size_t bytes = total(oracle, n);
	struct oracle_block *block = oracle->blocks + i;
	bool growable = block->region == oracle->region_count - 1;
	uintptr_t end = oracle->regions[block->region].end;

	if (oracle->rule == ORACLE_BUDDY)
		return buddy_oracle_resize(oracle, i, n);
	if (bytes > block->bytes && free_follows(oracle, i))
		absorb_next(oracle, i);
	if (bytes > block->bytes && last_of(oracle, block->region) == block)
		enlarge(oracle, block, whole(oracle, end - end_of(block)));
	if (bytes > block->bytes) {
		shortfall->fresh = 0;
		shortfall->more = growable && last_of(oracle, block->region) == block ? block->start + bytes - end : 0;
		return false;
	}
	split(oracle, i, bytes);
	return true;
}

uintptr_t oracle_slide(struct oracle *oracle, uintptr_t p, size_t n)
{
	size_t i = oracle_find(oracle, p), room = oracle->blocks[i].bytes;

	if (oracle->rule == ORACLE_BUDDY || i == 0 || !oracle->blocks[i - 1].free ||
	    oracle->blocks[i - 1].region != oracle->blocks[i].region)
		return 0;
	room += oracle->blocks[i - 1].bytes + (free_follows(oracle, i) ? oracle->blocks[i + 1].bytes : 0);
	if (room < total(oracle, n) || total(oracle, n) < oracle->blocks[i].bytes)
		return 0;
	if (free_follows(oracle, i))
		absorb_next(oracle, i);
	absorb_next(oracle, i - 1);
	oracle->blocks[i - 1].free = false;
	split(oracle, i - 1, total(oracle, n));
	return oracle->blocks[i - 1].start + oracle->header;
}
