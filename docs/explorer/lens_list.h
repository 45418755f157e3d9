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
	const char *comma = "";

	text_add(json, "{\"kind\":\"list\",\"blocks\":[");
	for (const struct block *b = link_from(s, bin_first(&e->index.all)); b;
	     b = link_from(s, node_link(s, b, LIST_NEXT))) {
		text_format(json, "%s%z", comma, stage_offset(block_payload(b)));
		comma = ",";
	}
	text_add(json, "]}");
}

#endif
