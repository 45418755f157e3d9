/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Boundary tags, for the layouts `tag` and `wide`, which say how wide a tag_word is: one word before every payload, and
 * one more at the end of a free block.
 *
 *     region.start                                                            region.end
 *     | pad | tag | payload ...... | tag | (free) ....... total | tag | payload ... | mark |
 *                                    '---------- total ---------'
 *
 * A tag is the block's total size, tag included, and two flags in its low bits: this block is free, the block before is
 * free. A free block repeats its total in its last word, so that the block behind it finds its start; a live block
 * needs no such footer and lends that word to the program. The mark is a live block of total 0: it ends the region.
 * The first tag stands so that the payload behind it has the alignment of the granule.
 *
 * Source: Knuth 1973, The Art of Computer Programming, vol. 1, 2.5, algorithm C; the footer in free blocks only, after
 * Standish 1980.
 */
#ifndef OSMEM_POLICIES_BOUNDARY_TAG_H
#define OSMEM_POLICIES_BOUNDARY_TAG_H

/* Every layout's verbs are told the space; tags do without. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

struct block {
	tag_word tag;
};

#define BLOCK_HEADER sizeof(struct block)
#define BLOCK_PAYLOAD_MIN (sizeof(struct node) + sizeof(tag_word)) /* an index's node, and the footer */
#define REGION_MARK sizeof(struct block)
#define LAYOUT_GRANULE_MIN ((size_t)8)
#define LAYOUT_NODE_GRANULE LAYOUT_GRANULE_MIN

#define TAG_FREE ((tag_word)1)
#define TAG_PREV_FREE ((tag_word)2)
#define TAG_FLAGS (TAG_FREE | TAG_PREV_FREE)

static inline size_t block_total(const struct block *b)
{
	return b->tag & ~TAG_FLAGS;
}

static inline size_t block_bytes(const struct space *s, const struct block *b)
{
	return block_total(b);
}

static inline bool block_is_free(const struct space *s, const struct block *b)
{
	return b->tag & TAG_FREE;
}

/* What stands behind b: a block, or the mark. */
static inline struct block *block_behind(const struct block *b)
{
	return (struct block *)(void *)((char *)b + block_total(b));
}

static inline struct block *block_next(const struct space *s, const struct block *b)
{
	struct block *next = block_behind(b);

	return block_total(next) ? next : NULL;
}

static inline struct block *block_prev_if_free(const struct space *s, const struct block *b)
{
	return b->tag & TAG_PREV_FREE ? (struct block *)(void *)((char *)b - (b - 1)->tag) : NULL;
}

/* b, which is about to be freed, and what it will merge with. */
static inline struct around block_around(const struct space *s, const struct block *b)
{
	const struct block *behind = block_behind(b);

	return (struct around){.before = b->tag & TAG_PREV_FREE ? (b - 1)->tag : 0,
	                       .self = block_total(b),
	                       .behind = behind->tag & TAG_FREE ? block_total(behind) : 0};
}

/* Bring the footer of b and the flag behind it in line with the state of b. */
static inline void block_publish(struct block *b)
{
	struct block *behind = block_behind(b);

	if (b->tag & TAG_FREE) {
		(behind - 1)->tag = (tag_word)block_total(b);
		behind->tag |= TAG_PREV_FREE;
	} else {
		behind->tag &= ~TAG_PREV_FREE;
	}
}

/* Take a whole free block. */
static inline void block_take(const struct space *s, struct block *b)
{
	b->tag &= ~TAG_FREE;
	block_behind(b)->tag &= ~TAG_PREV_FREE;
}

/* Take the low end of a free block of so many bytes; the rest stays free and is returned. What lies behind knows already
 * that a free block is before it. */
static inline struct block *block_carve(const struct space *s, struct block *b, size_t bytes, size_t taken)
{
	struct block *rest = (struct block *)(void *)((char *)b + taken);

	b->tag = (tag_word)taken | (b->tag & TAG_PREV_FREE);
	rest->tag = (tag_word)(bytes - taken) | TAG_FREE;
	((struct block *)(void *)((char *)b + bytes) - 1)->tag = (tag_word)(bytes - taken);
	return rest;
}

/* b and its free neighbours become one free block, which is returned. */
static inline struct block *block_merge(const struct space *s, struct block *b, const struct around *around)
{
	struct block *first = (struct block *)(void *)((char *)b - around->before), *behind;
	tag_word total = (tag_word)around_merged(around);

	first->tag = total | TAG_FREE | (first->tag & TAG_PREV_FREE);
	behind = (struct block *)(void *)((char *)first + total);
	(behind - 1)->tag = total;
	behind->tag |= TAG_PREV_FREE;
	return first;
}

/* Cut b so that it keeps so many bytes; the rest becomes a free block. */
static inline struct block *block_split(const struct space *s, struct block *b, size_t bytes)
{
	struct block *rest = (struct block *)(void *)((char *)b + bytes);

	rest->tag = (tag_word)(block_total(b) - bytes) | TAG_FREE;
	b->tag = (tag_word)bytes | (b->tag & TAG_FLAGS);
	block_publish(b);
	block_publish(rest);
	return rest;
}

static inline void block_absorb(const struct space *s, struct block *b)
{
	b->tag += (tag_word)block_total(block_behind(b));
	block_publish(b);
}

static inline struct block *block_append(const struct space *s, struct block *last, char *at, char *end)
{
	struct block *b = (struct block *)(void *)at;
	tag_word prev_free = last && block_is_free(s, last) ? TAG_PREV_FREE : 0;

	((struct block *)(void *)end)->tag = 0;
	b->tag = (tag_word)(end - at) | TAG_FREE | prev_free;
	block_publish(b);
	return b;
}

static inline void block_enlarge(const struct space *s, struct block *b, char *end)
{
	((struct block *)(void *)end)->tag = 0;
	b->tag = (tag_word)(end - (char *)b) | (b->tag & TAG_FLAGS);
	block_publish(b);
}

static inline bool block_is_sound(const struct space *s, const struct block *b, const char *end)
{
	size_t total = block_total(b);

	return total >= BLOCK_HEADER + BLOCK_PAYLOAD_MIN && (total & (s->granule - 1)) == 0 &&
	       total <= (size_t)(end - (const char *)b) && (!block_is_free(s, b) || (block_behind(b) - 1)->tag == total);
}

static inline bool block_agrees(const struct space *s, const struct block *prev, const struct block *b)
{
	bool prev_free = prev && block_is_free(s, prev);

	return prev_free == ((b->tag & TAG_PREV_FREE) != 0) && (!prev_free || (b - 1)->tag == block_total(prev));
}

#pragma GCC diagnostic pop

#endif
