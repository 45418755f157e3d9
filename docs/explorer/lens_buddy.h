/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The buddy system's lists: the free blocks of each order, the most recently freed first. Part of lens.c.
 */
#ifndef DOCS_EXPLORER_LENS_BUDDY_H
#define DOCS_EXPLORER_LENS_BUDDY_H

static void report_index(const void *state, struct text *json)
{
	const struct buddy *b = state;
	const char *comma = "";

	text_add(json, "{\"kind\":\"buddy\",\"orders\":[");
	for (unsigned rank = 0; rank < RANKS; rank++) {
		if (!(b->nonempty >> rank & 1))
			continue;
		text_format(json, "%s{\"size\":%z,\"list\":[", comma, rank_bytes(b, rank));
		for (const struct link *link = b->lists[rank].next; link != &b->lists[rank]; link = link->next)
			text_format(json, "%s%z", link == b->lists[rank].next ? "" : ",", stage_offset(link));
		text_add(json, "]}");
		comma = ",";
	}
	text_add(json, "]}");
}

#endif
