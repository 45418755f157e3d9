/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The price of success: what the heap must buy so that the engine can serve. Part of engine.h.
 */
#ifndef OSMEM_POLICIES_ENGINE_PRICE_H
#define OSMEM_POLICIES_ENGINE_PRICE_H

/* Bytes to buy at the end of the growable region so that its last block may end at `block_end`; 0: not to be had. */
static size_t engine_price_more(const struct engine *e, const char *block_end)
{
	const struct osm_region *region = e->index.space.config->regions->growable;
	size_t more = (size_t)(block_end + REGION_MARK - region->end);

	return more <= (size_t)(region->limit - region->end) ? more : 0;
}

/* What it costs to serve `want`. */
static void engine_price(const struct engine *e, const struct request *want, struct osm_shortfall *price)
{
	const struct space *s = &e->index.space;
	const struct osm_region *region = s->config->regions->growable;

	*price = (struct osm_shortfall){0};
	if (s->config->fault->kind != OSM_FAULT_NONE)
		return;
	price->fresh = round_up(BLOCK_HEADER, s->granule) - BLOCK_HEADER + want->bytes + REGION_MARK;
	if (want->align > s->granule || want->align > 16) /* a fresh region starts at a multiple of 16 */
		price->fresh += 2 * want->align + s->least;
	if (price->fresh > index_span_max(s) || price->fresh > layout_span_max(s))
		price->fresh = 0;
	if (region) {
		char *base = e->last && block_is_free(s, e->last) ? (char *)e->last : region->top;
		char *payload = base + BLOCK_HEADER;

		price->more = engine_price_more(e, payload + payload_gap(s, payload, want->align) + want->bytes - BLOCK_HEADER);
	}
}

#endif
