/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `wide` layout: boundary tags of a whole word, for blocks and heaps of any size.
 */
#ifndef OSMEM_LAYOUT_WIDE_H
#define OSMEM_LAYOUT_WIDE_H

typedef size_t tag_word;

/* A region may span as much as there is. */
static inline size_t layout_span_max(const struct space *s)
{
	(void)s;
	return SIZE_MAX;
}

#include "policies/link.h"

#define LAYOUT_REACH REACH_FIRST

#include "policies/boundary_tag.h"

/* Prepare for blocks up to `end` in a region. */
static inline bool layout_extend(struct space *s, struct osm_region *region, char *end)
{
	(void)s;
	(void)region;
	(void)end;
	return true;
}

static inline size_t layout_metadata_bytes(const struct space *s)
{
	(void)s;
	return 0;
}

#endif
