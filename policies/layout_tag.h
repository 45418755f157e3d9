/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `tag` layout: boundary tags. One word before every payload, and one more at the end of a free block.
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
#ifndef OSMEM_LAYOUT_TAG_H
#define OSMEM_LAYOUT_TAG_H

struct block {
	size_t tag;
};

#define BLOCK_HEADER sizeof(struct block)
#define BLOCK_PAYLOAD_MIN (3 * sizeof(size_t)) /* two words for an index, and the footer */
#define REGION_MARK sizeof(struct block)
#define LAYOUT_GRANULE_MIN (2 * sizeof(size_t))

#define TAG_FREE ((size_t)1)
#define TAG_PREV_FREE ((size_t)2)
#define TAG_FLAGS (TAG_FREE | TAG_PREV_FREE)

static inline size_t block_total(const struct block *b)
{
	return b->tag & ~TAG_FLAGS;
}

static inline size_t block_size(const struct block *b)
{
	return block_total(b) - BLOCK_HEADER;
}

static inline bool block_is_free(const struct block *b)
{
	return b->tag & TAG_FREE;
}

/* What stands behind b: a block, or the mark. */
static inline struct block *block_behind(const struct block *b)
{
	return (struct block *)(void *)((char *)b + block_total(b));
}

static inline struct block *block_next(const struct block *b)
{
	struct block *next = block_behind(b);

	return block_total(next) ? next : NULL;
}

static inline struct block *block_prev_if_free(const struct block *b)
{
	return b->tag & TAG_PREV_FREE ? (struct block *)(void *)((char *)b - (b - 1)->tag) : NULL;
}

/* Bring the footer of b and the flag behind it in line with the state of b. */
static inline void block_publish(struct block *b)
{
	struct block *behind = block_behind(b);

	if (block_is_free(b)) {
		(behind - 1)->tag = block_total(b);
		behind->tag |= TAG_PREV_FREE;
	} else {
		behind->tag &= ~TAG_PREV_FREE;
	}
}

static inline void block_set_free(struct block *b, bool is_free)
{
	b->tag = (b->tag & ~TAG_FREE) | (is_free ? TAG_FREE : 0);
	block_publish(b);
}

/* Take a whole free block. */
static inline void block_take(struct block *b)
{
	b->tag &= ~TAG_FREE;
	block_behind(b)->tag &= ~TAG_PREV_FREE;
}

/* Take the low end of a free block, with a payload of so many bytes; the rest stays free and is returned. What lies
 * behind knows already that a free block is before it. */
static inline struct block *block_carve(struct block *b, size_t payload)
{
	size_t total = payload + BLOCK_HEADER, rest_total = block_total(b) - total;
	struct block *rest = (struct block *)(void *)((char *)b + total);

	b->tag = total | (b->tag & TAG_PREV_FREE);
	rest->tag = rest_total | TAG_FREE;
	((struct block *)(void *)((char *)rest + rest_total) - 1)->tag = rest_total;
	return rest;
}

/* From the start of `first` to the end of `last` all is one free block. */
static inline void block_merge(struct block *first, struct block *last)
{
	struct block *behind = block_behind(last);
	size_t total = (size_t)((char *)behind - (char *)first);

	first->tag = total | TAG_FREE | (first->tag & TAG_PREV_FREE);
	(behind - 1)->tag = total;
	behind->tag |= TAG_PREV_FREE;
}

/* Cut b so that it keeps `payload` bytes; the rest becomes a free block. */
static inline struct block *block_split(struct block *b, size_t payload)
{
	size_t total = payload + BLOCK_HEADER;
	struct block *rest = (struct block *)(void *)((char *)b + total);

	rest->tag = (block_total(b) - total) | TAG_FREE;
	b->tag = total | (b->tag & TAG_FLAGS);
	block_publish(b);
	block_publish(rest);
	return rest;
}

static inline void block_absorb(struct block *b)
{
	b->tag += block_total(block_behind(b));
	block_publish(b);
}

static inline struct block *block_append(struct block *last, char *at, char *end)
{
	struct block *b = (struct block *)(void *)at;
	size_t prev_free = last && block_is_free(last) ? TAG_PREV_FREE : 0;

	((struct block *)(void *)end)->tag = 0;
	b->tag = (size_t)(end - at) | TAG_FREE | prev_free;
	block_publish(b);
	return b;
}

static inline void block_enlarge(struct block *b, char *end)
{
	((struct block *)(void *)end)->tag = 0;
	b->tag = (size_t)(end - (char *)b) | (b->tag & TAG_FLAGS);
	block_publish(b);
}

static inline bool block_is_sound(const struct block *b, const char *end)
{
	size_t total = block_total(b);

	return total >= BLOCK_HEADER + BLOCK_PAYLOAD_MIN && total % LAYOUT_GRANULE_MIN == 0 &&
	       total <= (size_t)(end - (const char *)b) && (!block_is_free(b) || (block_behind(b) - 1)->tag == total);
}

static inline bool block_agrees(const struct block *prev, const struct block *b)
{
	bool prev_free = prev && block_is_free(prev);

	return prev_free == ((b->tag & TAG_PREV_FREE) != 0) && (!prev_free || (b - 1)->tag == block_total(prev));
}

#endif
