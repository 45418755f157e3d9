/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The address-ordered index: the hand, and for each region the tree of maxima. Part of lens.c.
 *
 * Of a region: where its pieces begin, the bytes of a piece, and the levels from the lowest up, each with the largest
 * free block, header included, that starts in each piece or below each node.
 */
#ifndef DOCS_EXPLORER_LENS_ADDRESS_H
#define DOCS_EXPLORER_LENS_ADDRESS_H

static void report_level(const struct space *s, const int32_t *max, size_t count, struct text *json)
{
	text_add_char(json, '[');
	for (size_t i = 0; i < count; i++)
		text_format(json, "%s%z", i ? "," : "", (size_t)max[i] << s->granule_log2);
	text_add_char(json, ']');
}

static void report_pieces(const struct index *x, const struct osm_region *region, struct text *json)
{
	const struct space *s = &x->space;
	const struct pieces *p = region->index;
	size_t used = position_of(x, p, region->top) / WORD_BITS + 1;

	text_format(json, "{\"base\":%z,\"piece\":%z,\"levels\":[", stage_offset(p->base), WORD_BITS << s->granule_log2);
	for (unsigned level = 0; level < p->levels; level++) {
		if (level)
			text_add_char(json, ',');
		report_level(s, p->max[level], used, json);
		used = (used + FAN - 1) / FAN;
	}
	text_add(json, "]}");
}

static void report_index(const void *state, struct text *json)
{
	const struct engine *e = state;
	const struct index *x = &e->index;

	text_add(json, "{\"kind\":\"address\",\"hand\":");
	if (x->hand)
		text_add_number(json, stage_offset(block_payload(x->hand)));
	else
		text_add(json, "null");
	text_add(json, ",\"regions\":[");
	for (const struct osm_region *region = x->space.config->regions->first; region; region = region->next) {
		if (region != x->space.config->regions->first)
			text_add_char(json, ',');
		report_pieces(x, region, json);
	}
	text_add(json, "]}");
}

#endif
