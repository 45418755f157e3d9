/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Boundary tags: what one verb changes, and that it changes nothing else; for blocks of up to 32 KiB wherever they lie.
 */
#include "policies/space.h"
#include "prove.h"

enum { WORD = sizeof(tag_word) };

/* Sizes are multiples of 8, and a tag tells less than LAYOUT_SPAN_MAX; so many bytes of blocks lie at b, a footer before
 * them and a tag behind. */
static void blocks_at(const struct block *b, size_t bytes)
{
	memory(b - 1, bytes + 2 * WORD);
	assume(b && bytes <= PTRDIFF_MAX / 2 && bytes <= (tag_word)-1 - 4096);
}

static bool is_size(size_t bytes)
{
	return bytes % 8 == 0 && bytes >= BLOCK_HEADER + BLOCK_PAYLOAD_MIN;
}

/* Any size of a block up to 32 KiB: there is one for each number of units that is large enough. */
static size_t size_of(size_t units)
{
	size_t bytes = (units & 0xFFF) << 3;

	assume(is_size(bytes));
	return bytes;
}

/* Any flags, and a total. */
static void write_tag(struct block *b, size_t total)
{
	b->tag = (tag_word)total | each(0, 3);
}

static struct block *behind(const struct block *b, size_t bytes)
{
	return (struct block *)(void *)((char *)b + bytes);
}

void prove_block_total(tag_word total, tag_word flags)
{
	struct block b;

	assume(total % 8 == 0 && flags < 4);
	b.tag = total | flags;
	claim(block_total(&b) == total);
	claim(block_is_free(NULL, &b) == (flags & 1));
}

void prove_block_take(struct block *b, size_t units)
{
	size_t total = size_of(units);
	tag_word before, next;

	blocks_at(b, total);
	write_tag(b, total);
	assume(block_is_free(NULL, b));
	before = b->tag;
	next = behind(b, total)->tag;
	block_take(NULL, b);
	claim(b->tag == (before & ~TAG_FREE) && behind(b, total)->tag == (next & ~TAG_PREV_FREE));
}

void prove_block_publish(struct block *b, size_t units)
{
	size_t total = size_of(units);
	tag_word tag, next;

	blocks_at(b, total);
	write_tag(b, total);
	tag = b->tag;
	next = behind(b, total)->tag;
	block_publish(b);
	claim(b->tag == tag && block_total(behind(b, total)) == (next & ~TAG_FLAGS));
	claim(block_prev_if_free(NULL, behind(b, total)) == (block_is_free(NULL, b) ? b : NULL));
	claim(block_is_free(NULL, behind(b, total)) == (next & TAG_FREE));
}

void prove_block_prev_if_free(struct block *prev, size_t units)
{
	size_t before = size_of(units);
	struct block *b = behind(prev, before);

	blocks_at(prev, before);
	(b - 1)->tag = (tag_word)before;
	claim(block_prev_if_free(NULL, b) == (b->tag & TAG_PREV_FREE ? prev : NULL));
}

void prove_block_next(struct block *b, size_t units)
{
	size_t total = size_of(units);

	blocks_at(b, total);
	write_tag(b, total);
	claim(block_behind(b) == behind(b, total));
	claim(block_next(NULL, b) == (block_total(behind(b, total)) ? behind(b, total) : NULL));
}

void prove_block_split(struct block *b, size_t units, size_t units_behind)
{
	size_t bytes = size_of(units), total = bytes + size_of(units_behind);
	struct block *rest;
	tag_word tag, next, before;

	blocks_at(b, total);
	write_tag(b, total);
	tag = b->tag;
	next = behind(b, total)->tag;
	before = (b - 1)->tag;
	rest = block_split(NULL, b, bytes);
	/* Two blocks where there was one. */
	claim(rest == behind(b, bytes) && block_total(b) == bytes && block_total(rest) == total - bytes);
	claim(block_is_free(NULL, rest) && block_prev_if_free(NULL, behind(b, total)) == rest);
	/* The flags stay, and so do the neighbours. */
	claim((b->tag & TAG_FLAGS) == (tag & TAG_FLAGS) && (b - 1)->tag == before);
	claim(block_prev_if_free(NULL, rest) == (tag & TAG_FREE ? b : NULL));
	claim(behind(b, total)->tag == (next | TAG_PREV_FREE));
}

void prove_block_carve(struct block *b, size_t units, size_t units_behind)
{
	size_t taken = size_of(units), bytes = taken + size_of(units_behind);
	struct block *rest;
	tag_word tag, next, before;

	blocks_at(b, bytes);
	write_tag(b, bytes);
	assume(block_is_free(NULL, b) && behind(b, bytes)->tag & TAG_PREV_FREE);
	tag = b->tag;
	next = behind(b, bytes)->tag;
	before = (b - 1)->tag;
	rest = block_carve(NULL, b, bytes, taken);
	claim(rest == behind(b, taken) && block_total(b) == taken && !block_is_free(NULL, b));
	claim(block_total(rest) == bytes - taken && block_is_free(NULL, rest) && !block_prev_if_free(NULL, rest));
	claim((b->tag & TAG_PREV_FREE) == (tag & TAG_PREV_FREE) && (b - 1)->tag == before);
	claim(behind(b, bytes)->tag == next && block_prev_if_free(NULL, behind(b, bytes)) == rest);
}

void prove_block_absorb(struct block *b, size_t units, size_t units_behind)
{
	size_t self = size_of(units), more = size_of(units_behind);
	tag_word tag, next;

	blocks_at(b, self + more);
	write_tag(b, self);
	write_tag(behind(b, self), more);
	tag = b->tag;
	next = behind(b, self + more)->tag;
	block_absorb(NULL, b);
	claim(block_total(b) == self + more && (b->tag & TAG_FLAGS) == (tag & TAG_FLAGS));
	claim((behind(b, self + more)->tag & ~TAG_PREV_FREE) == (next & ~TAG_PREV_FREE));
	claim(block_prev_if_free(NULL, behind(b, self + more)) == (tag & TAG_FREE ? b : NULL));
}

/* A live block among others, which are free where `around` says so. */
static struct block *in_between(struct block *first, struct around *around, size_t units)
{
	size_t before, behind_it;
	struct block *b;

	around->self = size_of(units);
	around->before = each(0, 1) ? size_of(before) : 0;
	around->behind = each(0, 1) ? size_of(behind_it) : 0;
	b = behind(first, around->before);
	blocks_at(first, around_merged(around));
	if (around->before) {
		write_tag(first, around->before);
		(b - 1)->tag = (tag_word)around->before;
	}
	b->tag = (tag_word)around->self | (around->before ? TAG_PREV_FREE : 0);
	if (around->behind)
		behind(b, around->self)->tag = (tag_word)around->behind | TAG_FREE;
	else
		behind(b, around->self)->tag &= ~TAG_FREE;
	return b;
}

void prove_block_around(struct block *first, size_t units)
{
	struct around around, found;
	const struct block *b = in_between(first, &around, units);

	found = block_around(NULL, b);
	claim(found.before == around.before && found.self == around.self && found.behind == around.behind);
}

void prove_block_append(struct block *last, size_t units, size_t units_behind)
{
	size_t before = size_of(units), bytes = size_of(units_behind);
	struct block *at = behind(last, before), *made;
	bool is_free;

	blocks_at(last, before + bytes);
	write_tag(last, before);
	is_free = block_is_free(NULL, last);
	if (is_free)
		(at - 1)->tag = (tag_word)before;
	made = block_append(NULL, last, (char *)at, (char *)at + bytes);
	claim(made == at && block_total(at) == bytes && block_is_free(NULL, at) && block_next(NULL, at) == NULL);
	claim(block_prev_if_free(NULL, at) == (is_free ? last : NULL) && block_total(last) == before);
	claim(block_prev_if_free(NULL, behind(at, bytes)) == at && !block_is_free(NULL, behind(at, bytes)));
}

void prove_block_enlarge(struct block *b, size_t units)
{
	size_t bytes = size_of(units);
	tag_word tag;

	blocks_at(b, bytes);
	write_tag(b, b->tag & ~TAG_FLAGS);
	tag = b->tag;
	block_enlarge(NULL, b, (char *)b + bytes);
	claim(block_total(b) == bytes && (b->tag & TAG_FLAGS) == (tag & TAG_FLAGS) && block_next(NULL, b) == NULL);
	claim(block_prev_if_free(NULL, behind(b, bytes)) == (tag & TAG_FREE ? b : NULL));
	claim(!block_is_free(NULL, behind(b, bytes)));
}
