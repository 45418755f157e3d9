/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `tag` layout: boundary tags of 32 bits, so that the smallest block has 16 bytes and its payload 12.
 *
 *     | tag | payload ............ | tag | links ......... total | tag | payload ... | mark |
 *       4     12, 28, 44, ...        4     8                 4     4
 *
 * Its limits, where an address has more than 32 bits: a tag tells less than 4 GiB, so a region spans no more; and the
 * links in free blocks are near ones, so every region lies within 4 GiB of the first. A region that does not is refused.
 */
#ifndef OSMEM_LAYOUT_TAG_H
#define OSMEM_LAYOUT_TAG_H

typedef uint32_t tag_word;

#if UINTPTR_MAX > UINT32_MAX
#define LINK_NEAR
#define LAYOUT_SPAN_MAX (((size_t)1 << 32) - 4096)
#else
#define LAYOUT_SPAN_MAX SIZE_MAX
#endif

/* Later regions may be out of reach of the links: the first is to suffice. */
#define LAYOUT_REACH (LAYOUT_SPAN_MAX / 4 * 3)

static inline size_t layout_span_max(const struct space *s)
{
	(void)s;
	return LAYOUT_SPAN_MAX;
}

#include "policies/link.h"

#include "policies/boundary_tag.h"

#ifdef LINK_NEAR
/* Is every address from `start` to `end` within reach of the links? The first region sets their origin. */
static inline bool layout_reaches(struct space *s, const char *start, const char *end)
{
	if (!s->origin)
		s->origin = ((uintptr_t)start - LINK_REACH) / s->granule * s->granule - BLOCK_HEADER;
	return (uintptr_t)start - s->origin < 2 * LINK_REACH && (uintptr_t)end - s->origin < 2 * LINK_REACH;
}
#else
static inline bool layout_reaches(struct space *s, const char *start, const char *end)
{
	(void)s;
	(void)start;
	(void)end;
	return true;
}
#endif

/* Prepare for blocks up to `end` in a region. */
static inline bool layout_extend(struct space *s, struct osm_region *region, char *end)
{
	if ((size_t)(end - region->start) > LAYOUT_SPAN_MAX || !layout_reaches(s, region->start, end))
		return false;
	if ((size_t)(region->limit - region->start) > LAYOUT_SPAN_MAX)
		region->limit = region->start + LAYOUT_SPAN_MAX;
	while (!layout_reaches(s, region->start, region->limit))
		region->limit = end + (region->limit - end) / 2;
	return true;
}

static inline size_t layout_metadata_bytes(const struct space *s)
{
	(void)s;
	return 0;
}

#endif
