/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `meta` layout: a 32-byte struct block_meta before every payload, free or live.
 *
 *     region.start                                                       region.end
 *     | meta | payload ............. | meta | payload ... | meta | payload ... |
 *       |  ^---------prev---------------|                    next = NULL
 *       '-----------next--------------->'
 *
 * The blocks of a region are a doubly linked list in address order. Every header is sealed: a hash over its address and
 * fields tells damage in O(1).
 */
#ifndef OSMEM_LAYOUT_META_H
#define OSMEM_LAYOUT_META_H

#include <osmem/block_meta.h>

#include "policies/link.h"

#define LAYOUT_REACH REACH_FIRST

/* Every layout's verbs are told the space; headers do without. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

struct block {
	struct block_meta meta;
};

/* Bytes before a payload. */
#define BLOCK_HEADER sizeof(struct block_meta)
/* The least payload, before rounding. */
#define BLOCK_PAYLOAD_MIN ((size_t)1)
/* Bytes behind the last block of a region. */
#define REGION_MARK ((size_t)0)
#define LAYOUT_GRANULE_MIN ((size_t)8)
/* From this granule on every block has room for an index's node. */
#define LAYOUT_NODE_GRANULE sizeof(struct node)

static inline size_t block_bytes(const struct space *s, const struct block *b)
{
	return BLOCK_HEADER + b->meta.size;
}

static inline bool block_is_free(const struct space *s, const struct block *b)
{
	return b->meta.status == STATUS_FREE;
}

static inline struct block *block_next(const struct space *s, const struct block *b)
{
	return (struct block *)b->meta.next;
}

static inline struct block *block_prev_if_free(const struct space *s, const struct block *b)
{
	struct block *prev = (struct block *)b->meta.prev;

	return prev && block_is_free(s, prev) ? prev : NULL;
}

/* b, which is about to be freed, and what it will merge with. */
static inline struct around block_around(const struct space *s, const struct block *b)
{
	const struct block *next = block_next(s, b), *prev = block_prev_if_free(s, b);

	return (struct around){.before = prev ? block_bytes(s, prev) : 0,
	                       .self = block_bytes(s, b),
	                       .behind = next && block_is_free(s, next) ? block_bytes(s, next) : 0};
}

static inline void block_seal(struct block_meta *b)
{
	b->check = block_meta_seal(b);
}

/* Change one link and nothing else: a seal that was broken stays broken. */
static inline void block_link_next(struct block_meta *b, struct block_meta *next)
{
	b->check ^= block_meta_link_hash(b->next, BLOCK_META_NEXT) ^ block_meta_link_hash(next, BLOCK_META_NEXT);
	b->next = next;
}

static inline void block_link_prev(struct block_meta *b, struct block_meta *prev)
{
	b->check ^= block_meta_link_hash(b->prev, BLOCK_META_PREV) ^ block_meta_link_hash(prev, BLOCK_META_PREV);
	b->prev = prev;
}

static inline void block_set_free(const struct space *s, struct block *b, bool is_free)
{
	b->meta.status = is_free ? STATUS_FREE : STATUS_ALLOC;
	block_seal(&b->meta);
}

/* Write the header of a free block between two others, either of which may be NULL. */
static inline struct block *block_write(char *at, size_t payload, struct block_meta *prev, struct block_meta *next)
{
	struct block_meta *b = (struct block_meta *)(void *)at;

	*b = (struct block_meta){.size = payload, .status = STATUS_FREE, .prev = prev, .next = next};
	block_seal(b);
	if (prev)
		block_link_next(prev, b);
	if (next)
		block_link_prev(next, b);
	return (struct block *)b;
}

/* Take a whole free block. */
static inline void block_take(const struct space *s, struct block *b)
{
	block_set_free(s, b, false);
}

/* b and its free neighbours become one free block, which is returned. */
static inline struct block *block_merge(const struct space *s, struct block *b, const struct around *around)
{
	struct block *first = around->before ? (struct block *)b->meta.prev : b;
	struct block_meta *next = around->behind ? b->meta.next->next : b->meta.next;

	first->meta.size = around_merged(around) - BLOCK_HEADER;
	first->meta.status = STATUS_FREE;
	first->meta.next = next;
	block_seal(&first->meta);
	if (next && (around->before || around->behind))
		block_link_prev(next, &first->meta);
	return first;
}

/* Cut b so that it keeps so many bytes; the rest becomes a free block. */
static inline struct block *block_split(const struct space *s, struct block *b, size_t bytes)
{
	size_t rest = b->meta.size - bytes;

	b->meta.size = bytes - BLOCK_HEADER;
	block_seal(&b->meta);
	return block_write((char *)b + bytes, rest, &b->meta, b->meta.next);
}

/* Take the low end of a free block of so many bytes; the rest stays free and is returned. */
static inline struct block *block_carve(const struct space *s, struct block *b, size_t bytes, size_t taken)
{
	b->meta.status = STATUS_ALLOC;
	return block_split(s, b, taken);
}

/* Swallow the block behind b, whose header becomes payload of b. */
static inline void block_absorb(const struct space *s, struct block *b)
{
	struct block_meta *next = b->meta.next;

	b->meta.size += BLOCK_HEADER + next->size;
	b->meta.next = next->next;
	block_seal(&b->meta);
	if (next->next)
		block_link_prev(next->next, &b->meta);
}

/* Make [at, end) a free block behind `last`, the last block of its region, or NULL. */
static inline struct block *block_append(const struct space *s, struct block *last, char *at, char *end)
{
	return block_write(at, (size_t)(end - at) - BLOCK_HEADER, last ? &last->meta : NULL, NULL);
}

/* Let b, the last block of its region, reach up to `end`. */
static inline void block_enlarge(const struct space *s, struct block *b, char *end)
{
	b->meta.size = (size_t)(end - (char *)(b + 1));
	block_seal(&b->meta);
}

/* Could b, whose header lies within [b, end), be a block? Reads nothing beyond the header. */
static inline bool block_is_sound(const struct space *s, const struct block *b, const char *end)
{
	size_t room = (size_t)(end - (const char *)(b + 1));

	return b->meta.check == block_meta_seal(&b->meta) && b->meta.size <= room &&
	       (b->meta.status == STATUS_FREE || b->meta.status == STATUS_ALLOC);
}

/* Do b and the block before it agree? Both are sound. */
static inline bool block_agrees(const struct space *s, const struct block *prev, const struct block *b)
{
	return b->meta.prev == (prev ? &prev->meta : NULL);
}

/* A region may span as much as there is. */
static inline size_t layout_span_max(const struct space *s)
{
	return SIZE_MAX;
}

/* Prepare for blocks up to `end` in a region. */
static inline bool layout_extend(struct space *s, struct osm_region *region, char *end)
{
	return true;
}

static inline size_t layout_metadata_bytes(const struct space *s)
{
	return 0;
}

#pragma GCC diagnostic pop

#endif
