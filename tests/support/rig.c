/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rig: see rig.h.
 */
#include "rig.h"

#include <stdint.h>
#include <string.h>

/* Bytes behind a piece of metadata, at least. */
enum { GUARD = 16, GUARDED = 0xa7 };

static void *take_metadata(struct osm_metadata *self, size_t n)
{
	struct rig *rig = (struct rig *)(void *)((char *)self - offsetof(struct rig, metadata));
	char *p = rig->space.own + rig->own_used;
	size_t bytes = (n + GUARD + 63) / 64 * 64;

	if (n == 0 || n > PTRDIFF_MAX || bytes > rig->space.own_bytes - rig->own_used || rig->piece_count == RIG_PIECES)
		return NULL;
	rig->own_used += bytes;
	rig->piece_ends[rig->piece_count++] = p + n;
	memset(p + n, GUARDED, GUARD);
	return memset(p, 0, n);
}

bool rig_is_within(const struct rig *rig)
{
	static const unsigned char nothing[RIG_STATE];
	size_t size = rig->policy->state_size;
	unsigned char guard[GUARD];

	memset(guard, GUARDED, GUARD);
	for (unsigned i = 0; i < rig->piece_count; i++)
		if (memcmp(rig->piece_ends[i], guard, GUARD) != 0)
			return false;
	return memcmp(rig->state + size, nothing, RIG_STATE - size) == 0;
}

void rig_begin(struct rig *rig, const struct osm_policy *policy, size_t granule, const struct rig_space *space)
{
	memset(rig, 0, sizeof *rig);
	rig->space = *space;
	rig->policy = policy;
	rig->metadata.take = take_metadata;
	rig->config.granule = granule;
	rig->config.regions = &rig->regions;
	rig->config.metadata = &rig->metadata;
	rig->config.fault = &rig->fault;
	rig->config.trusted = space->trusted;
	policy->init(rig->state, &rig->config);
}

bool rig_region(struct rig *rig, size_t bytes)
{
	struct osm_region *region = rig->region + rig->region_count;
	struct osm_region *before = rig->regions.growable;
	size_t offset = rig->region_count * (rig->space.reach + rig->space.gap);

	if (rig->region_count == RIG_REGIONS || bytes > rig->space.reach)
		return false;
	if (offset + rig->space.reach > rig->space.bytes)
		return false;
	memset(region, 0, sizeof *region);
	region->start = region->end = rig->space.memory + offset;
	region->bought = region->start + bytes;
	region->limit = region->start + rig->space.reach;
	if (!rig->policy->extend(rig->state, region, region->bought))
		return false;
	if (before)
		before->next = region;
	else
		rig->regions.first = region;
	rig->regions.growable = region;
	rig->region_count++;
	return region->end == region->bought;
}

bool rig_grow(struct rig *rig, size_t bytes)
{
	struct osm_region *region = rig->regions.growable;

	if (!region)
		return rig_region(rig, bytes);
	if (bytes > (size_t)(region->limit - region->end))
		return false;
	region->bought = region->end + bytes;
	return rig->policy->extend(rig->state, region, region->bought) && region->end == region->bought;
}

bool rig_pay(struct rig *rig, const struct osm_shortfall *shortfall)
{
	if (shortfall->more > 0 && rig_grow(rig, shortfall->more))
		return true;
	return shortfall->fresh > 0 && rig_region(rig, shortfall->fresh);
}

static const char *apply_alloc(struct rig *rig, const struct script_op *op)
{
	size_t align = op->align > rig->config.granule ? op->align : rig->config.granule;
	struct osm_shortfall shortfall = {0, 0};
	void *p = rig->policy->alloc(rig->state, op->n, align, &shortfall);

	if (!p) {
		if (!rig_pay(rig, &shortfall))
			return "the price cannot be paid";
		p = rig->policy->alloc(rig->state, op->n, align, &shortfall);
	}
	rig->slots[op->slot] = p;
	return p ? NULL : "the price was paid, and alloc refuses again";
}

static const char *apply_resize(struct rig *rig, const struct script_op *op)
{
	struct osm_shortfall shortfall = {0, 0};
	void *p = rig->slots[op->slot];

	if (rig->policy->resize(rig->state, p, op->n, &shortfall))
		return NULL;
	if (shortfall.fresh != 0)
		return "resize asks for a fresh region";
	if (shortfall.more == 0 || !rig_grow(rig, shortfall.more))
		return NULL;
	if (!rig->policy->resize(rig->state, p, op->n, &shortfall))
		return "the price was paid, and resize refuses again";
	return NULL;
}

static const char *apply_slide(struct rig *rig, const struct script_op *op)
{
	void *p = rig->policy->slide(rig->state, rig->slots[op->slot], op->n);

	if (p)
		rig->slots[op->slot] = p;
	return NULL;
}

const char *rig_apply(struct rig *rig, const struct script_op *op)
{
	switch (op->call) {
	case SCRIPT_ALLOC:
	case SCRIPT_CALLOC:
		return apply_alloc(rig, op);
	case SCRIPT_RESIZE:
		return apply_resize(rig, op);
	case SCRIPT_SLIDE:
		return apply_slide(rig, op);
	case SCRIPT_FREE:
		return rig->policy->free(rig->state, rig->slots[op->slot]) ? NULL : "free refuses";
	case SCRIPT_GROW:
		return rig_grow(rig, op->n) ? NULL : "the region cannot grow";
	case SCRIPT_REGION:
		return rig_region(rig, op->n) ? NULL : "there is no room for a region";
	}
	return "no such call";
}

struct drawing {
	const struct osm_region *region;
	struct picture *picture;
};

static bool draw_block(const struct osm_block *block, void *context)
{
	struct drawing *drawing = context;

	while (drawing->region && (uintptr_t)block->payload >= (uintptr_t)drawing->region->end) {
		picture_bar(drawing->picture);
		drawing->region = drawing->region->next;
	}
	picture_add(drawing->picture, block->free ? 'F' : 'A', block->size);
	return true;
}

void rig_draw(const struct rig *rig, struct picture *picture)
{
	struct drawing drawing = {rig->regions.first, picture};

	picture->length = 0;
	picture->text[0] = '\0';
	if (!rig->policy->walk(rig->state, draw_block, &drawing))
		picture_add(picture, '?', 0);
}
