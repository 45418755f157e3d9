/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model: see model.h. The rules are written down in oracle.c.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(const char *why, uintptr_t where)
{
	fprintf(stderr, "model: %#zx: %s\n", (size_t)where, why);
	abort();
}

static size_t rounded(const struct model *model, size_t bytes)
{
	return (bytes + model->granule - 1) / model->granule * model->granule;
}

/* Bytes of a block with room for n. */
static size_t total(const struct model *model, size_t n)
{
	return rounded(model, (n < model->least ? model->least : n) + model->header);
}

/* ---- The table */

static struct model_block *place(const struct model *model, uintptr_t start)
{
	size_t at = (start - model->regions[0].first) / model->granule;

	if (at >= model->places)
		give_up("beyond the table", start);
	return model->table + at;
}

size_t model_bytes(const struct model *model, uintptr_t start)
{
	return place(model, start)->units * model->granule;
}

bool model_is_free(const struct model *model, uintptr_t start)
{
	return place(model, start)->pushed > 0;
}

static uintptr_t end_of(const struct model *model, uintptr_t start)
{
	return start + model_bytes(model, start);
}

static void set_bytes(struct model *model, uintptr_t start, size_t bytes)
{
	uint32_t units = (uint32_t)(bytes / model->granule);

	place(model, start)->units = units;
	place(model, start + bytes)->before = units;
}

static struct model_region *region_of(struct model *model, uintptr_t start)
{
	unsigned r = model->region_count - 1;

	while (r > 0 && start < model->regions[r].first)
		r--;
	return model->regions + r;
}

/* The last block of a region, or 0. */
static uintptr_t last_of(const struct model *model, const struct model_region *region)
{
	if (region->tail == region->first)
		return 0;
	return region->tail - place(model, region->tail)->before * model->granule;
}

/* ---- Free blocks, in the order of the rule */

static struct shelf_key key_of(const struct model *model, uintptr_t start)
{
	const struct model_block *block = place(model, start);

	switch (model->rule) {
	case ORACLE_BEST_FIT:
		return (struct shelf_key){block->units, start};
	case ORACLE_BEST_FIT_LIFO:
		return (struct shelf_key){block->units, ~block->pushed};
	case ORACLE_WORST_FIT:
		return (struct shelf_key){~(uint64_t)block->units, start};
	default:
		return (struct shelf_key){start, 0};
	}
}

/* The block becomes free, or another one than before. */
static void push(struct model *model, uintptr_t start)
{
	struct shelf_entry entry = {.start = start, .bytes = model_bytes(model, start)};

	place(model, start)->pushed = ++model->pushes;
	entry.key = key_of(model, start);
	shelf_add(&model->free, &entry);
}

/* A free block is no longer free, or about to change. */
static void pull(struct model *model, uintptr_t start)
{
	shelf_remove(&model->free, key_of(model, start));
	place(model, start)->pushed = 0;
}

/* The block grows at its end; the rover must not point into it. */
static void enlarge(struct model *model, uintptr_t start, size_t bytes)
{
	bool is_free = model_is_free(model, start);

	if (bytes == 0)
		return;
	if (is_free)
		pull(model, start);
	set_bytes(model, start, model_bytes(model, start) + bytes);
	if (is_free)
		push(model, start);
	if (model->rover > start && model->rover < end_of(model, start))
		model->rover = start;
}

/* True if there is a free block right behind this one. */
static bool free_follows(struct model *model, uintptr_t start)
{
	uintptr_t end = end_of(model, start);

	return end < region_of(model, start)->tail && model_is_free(model, end);
}

static void absorb_next(struct model *model, uintptr_t start)
{
	uintptr_t next = end_of(model, start);
	size_t bytes = model_bytes(model, next);

	pull(model, next);
	place(model, next)->units = 0;
	enlarge(model, start, bytes);
}

/* The block keeps `bytes`; the rest becomes free if it can be a block. */
static void split(struct model *model, uintptr_t start, size_t bytes)
{
	size_t rest = model_bytes(model, start) - bytes;

	if (rest < total(model, 0))
		return;
	set_bytes(model, start, bytes);
	set_bytes(model, start + bytes, rest);
	push(model, start + bytes);
	if (free_follows(model, start + bytes))
		absorb_next(model, start + bytes);
}

/* ---- The calls */

void model_begin(struct model *model, const struct oracle *rules, struct model_block *table, size_t places)
{
	memset(model, 0, sizeof *model);
	model->rule = rules->rule;
	model->header = rules->header;
	model->least = rules->least;
	model->mark = rules->mark;
	model->granule = rules->granule;
	model->table = table;
	model->places = places;
}

void model_end(struct model *model)
{
	if (model->region_count > 0) {
		uintptr_t tail = model->regions[model->region_count - 1].tail;
		memset(model->table, 0, (size_t)(place(model, tail) + 1 - model->table) * sizeof *model->table);
	}
	shelf_clear(&model->free);
}

static struct model_region *region_at(struct model *model, uintptr_t start)
{
	struct model_region *region = model->regions + model->region_count;

	if (model->region_count > 0 && region[-1].start == start)
		return region - 1;
	if (model->region_count == ORACLE_REGIONS)
		give_up("too many regions", start);
	model->region_count++;
	region->start = start;
	region->first = region->tail = region->end = rounded(model, start + model->header) - model->header;
	return region;
}

void model_extend(struct model *model, uintptr_t start, uintptr_t end)
{
	struct model_region *region = region_at(model, start);
	uintptr_t last = last_of(model, region), from = region->tail;
	size_t bytes = end - model->mark > from ? end - model->mark - from : 0;

	bytes -= bytes % model->granule;
	region->end = end - model->mark;
	if (last && model_is_free(model, last)) {
		region->tail = from + bytes;
		enlarge(model, last, bytes);
	} else if (bytes >= total(model, 0)) {
		region->tail = from + bytes;
		set_bytes(model, from, bytes);
		push(model, from);
	}
}

/* How many bytes of a free block must stay free in front of the request; more than it has if it does not suffice. */
static size_t gap_in(const struct model *model, uintptr_t start, size_t bytes, size_t align)
{
	size_t has = model_bytes(model, start), gap = 0;

	while ((start + gap + model->header) % align != 0 || (gap > 0 && gap < total(model, 0))) {
		gap += model->granule;
		if (gap > has)
			break;
	}
	return gap + bytes <= has ? gap : has + 1;
}

/* The first block on the shelf, from a key on, in which there is an aligned place; 0: there is none. */
static uintptr_t choose_from(const struct model *model, struct shelf_key key, size_t bytes, size_t align)
{
	const struct shelf_entry *entry = shelf_find(&model->free, key, bytes);

	while (entry && gap_in(model, entry->start, bytes, align) > entry->bytes) {
		key = entry->key;
		key.second++;
		entry = shelf_find(&model->free, key, bytes);
	}
	return entry ? entry->start : 0;
}

static uintptr_t choose(const struct model *model, size_t bytes, size_t align)
{
	bool by_size = model->rule == ORACLE_BEST_FIT || model->rule == ORACLE_BEST_FIT_LIFO;
	uintptr_t start = 0;

	if (model->rule == ORACLE_NEXT_FIT)
		start = choose_from(model, (struct shelf_key){model->rover, 0}, bytes, align);
	if (by_size)
		return choose_from(model, (struct shelf_key){bytes / model->granule, 0}, bytes, align);
	return start ? start : choose_from(model, (struct shelf_key){0, 0}, bytes, align);
}

/* Exact for alignments up to the granule. */
static void price(const struct model *model, size_t bytes, struct osm_shortfall *shortfall)
{
	const struct model_region *region = model->regions + model->region_count - 1;

	shortfall->fresh = rounded(model, model->header) - model->header + bytes + model->mark;
	shortfall->more = 0;
	if (model->region_count == 0)
		return;
	uintptr_t last = last_of(model, region);
	shortfall->more = (last && model_is_free(model, last) ? last : region->tail) + bytes - region->end;
}

uintptr_t model_alloc(struct model *model, size_t n, size_t align, struct osm_shortfall *shortfall)
{
	size_t bytes = total(model, n);
	uintptr_t start = model->region_count > 0 ? choose(model, bytes, align) : 0;

	if (!start) {
		price(model, bytes, shortfall);
		return 0;
	}
	size_t has = model_bytes(model, start), gap = gap_in(model, start, bytes, align);
	pull(model, start);
	if (gap > 0) {
		set_bytes(model, start, gap);
		push(model, start);
		start += gap;
		set_bytes(model, start, has - gap);
	}
	split(model, start, bytes);
	model->rover = end_of(model, start);
	return start + model->header;
}

static uintptr_t live_at(const struct model *model, uintptr_t p)
{
	uintptr_t start = p - model->header;

	if (place(model, start)->units == 0 || model_is_free(model, start))
		give_up("no live block", p);
	return start;
}

void model_free(struct model *model, uintptr_t p)
{
	uintptr_t start = live_at(model, p);

	push(model, start);
	if (free_follows(model, start))
		absorb_next(model, start);
	if (start == region_of(model, start)->first)
		return;
	uintptr_t before = start - place(model, start)->before * model->granule;
	if (model_is_free(model, before))
		absorb_next(model, before);
}

bool model_resize(struct model *model, uintptr_t p, size_t n, struct osm_shortfall *shortfall)
{
	uintptr_t start = live_at(model, p);
	size_t bytes = total(model, n);
	struct model_region *region = region_of(model, start);

	if (bytes > model_bytes(model, start) && free_follows(model, start))
		absorb_next(model, start);
	bool is_last = end_of(model, start) == region->tail;
	if (bytes > model_bytes(model, start) && is_last) {
		size_t rest = region->end - region->tail;
		rest -= rest % model->granule;
		region->tail += rest;
		enlarge(model, start, rest);
	}
	if (bytes > model_bytes(model, start)) {
		bool growable = region == model->regions + model->region_count - 1;
		shortfall->fresh = 0;
		shortfall->more = growable && is_last ? start + bytes - region->end : 0;
		return false;
	}
	split(model, start, bytes);
	return true;
}

uintptr_t model_next(const struct model *model, uintptr_t start)
{
	unsigned r = 0;

	if (start > 0) {
		while (r + 1 < model->region_count && start >= model->regions[r + 1].first)
			r++;
		start = end_of(model, start);
		if (start < model->regions[r].tail)
			return start;
		r++;
	}
	while (r < model->region_count && model->regions[r].first == model->regions[r].tail)
		r++;
	return r < model->region_count ? model->regions[r].first : 0;
}
