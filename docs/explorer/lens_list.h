/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All free blocks in one list, the last in first. Part of lens.c.
 */
#ifndef DOCS_EXPLORER_LENS_LIST_H
#define DOCS_EXPLORER_LENS_LIST_H

static void report_index(const void *state, struct text *json)
{
	const struct engine *e = state;
	const struct space *s = &e->index.space;

	text_add(json, "{\"kind\":\"list\",\"blocks\":[");
	for (const struct block *b = e->index.first; b; b = link_from(s, node_of(b)->side[LIST_NEXT]))
		text_format(json, "%s%z", b == e->index.first ? "" : ",", stage_offset(block_payload(b)));
	text_add(json, "]}");
}

#endif
