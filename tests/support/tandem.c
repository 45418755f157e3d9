/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy beside the model: see tandem.h.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "tandem.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

void tandem_space_begin(struct tandem_space *space, size_t bytes, size_t own_bytes, size_t slots)
{
	space->rig = (struct rig_space){map(bytes), bytes, bytes, 0, map(own_bytes), own_bytes, false};
	space->places = bytes / sizeof(void *) + 1;
	space->table = map(space->places * sizeof *space->table);
	space->blocks = calloc(slots, sizeof *space->blocks);
	space->slots = slots;
	space->in_use = false;
	assert_non_null(space->blocks);
}

void tandem_space_end(struct tandem_space *space)
{
	munmap(space->rig.memory, space->rig.bytes);
	munmap(space->rig.own, space->rig.own_bytes);
	munmap(space->table, space->places * sizeof *space->table);
	free(space->blocks);
}

void tandem_begin(struct tandem *tandem, struct tandem_space *space, const struct osm_policy *policy, size_t granule,
                  const char *stream)
{
	static struct oracle rules;

	if (space->in_use)
		madvise(space->table, space->places * sizeof *space->table, MADV_DONTNEED); /* zeros again */
	space->in_use = true;
	memset(tandem, 0, sizeof *tandem);
	tandem->space = space;
	tandem->stream = stream;
	memset(space->blocks, 0, space->slots * sizeof *space->blocks);
	assert_true(oracle_begin(&rules, policy->name, policy->layout, granule));
	rig_begin(&tandem->rig, policy, granule, &space->rig);
	model_begin(&tandem->model, &rules, space->table, space->places);
}

static uintptr_t offset(const struct tandem *tandem, uintptr_t p)
{
	return p - (uintptr_t)tandem->space->rig.memory;
}

/* Fail, with the operation and its number. */
static void differ(const struct tandem *tandem, const char *what)
{
	const struct tandem_op *now = &tandem->now;
	char text[120];
	int length = snprintf(text, sizeof text, "%s", now->call ? now->call : "the start");

	if (now->p)
		length += snprintf(text + length, sizeof text - (size_t)length, " +%zu", offset(tandem, (uintptr_t)now->p));
	if (now->size > 0)
		length += snprintf(text + length, sizeof text - (size_t)length, " %zu bytes", now->size);
	if (now->align > 0)
		snprintf(text + length, sizeof text - (size_t)length, " aligned to %zu", now->align);
	fail_msg("%s/%s granule %zu, %s: operation %zu, %s: %s", tandem->rig.policy->name, tandem->rig.policy->layout,
	         tandem->rig.config.granule, tandem->stream, tandem->op, text, what);
}

/* ---- All blocks */

struct walk {
	const struct tandem *tandem;
	uintptr_t expected;
};

static bool compare_block(const struct osm_block *block, void *context)
{
	struct walk *walk = context;
	const struct model *model = &walk->tandem->model;
	uintptr_t start = (uintptr_t)block->payload - model->header;
	bool same = start == walk->expected && block->size + model->header == model_bytes(model, start) &&
	            block->free == model_is_free(model, start);

	if (same)
		walk->expected = model_next(model, start);
	return same;
}

void tandem_compare(struct tandem *tandem)
{
	struct walk walk = {tandem, model_next(&tandem->model, 0)};
	struct osm_fault fault = {OSM_FAULT_NONE, NULL, NULL};

	if (!tandem->rig.policy->walk(tandem->rig.state, compare_block, &walk) || walk.expected != 0)
		differ(tandem, "the blocks differ");
	if (!tandem->rig.policy->check(tandem->rig.state, &fault))
		differ(tandem, fault.detail);
	if (tandem->rig.fault.kind != OSM_FAULT_NONE)
		differ(tandem, tandem->rig.fault.detail);
}

void tandem_end(struct tandem *tandem)
{
	tandem_compare(tandem);
	model_end(&tandem->model);
	tandem->space->in_use = false;
}

/* ---- Operations */

/* What is bought when the policy asks for so much. */
static size_t amount_for(const struct tandem *tandem, size_t price, size_t room)
{
	const struct osm_region *region = tandem->rig.regions.growable;
	size_t amount = price, share = region ? (size_t)(region->end - region->start) / 256 : 0;

	if (!tandem->exact)
		amount = ((amount > share ? amount : share) + PAGE - 1) / PAGE * PAGE;
	return amount < room ? amount : room;
}

/* Grow the region, on both sides; false: it cannot. */
static bool grow(struct tandem *tandem, size_t price)
{
	const struct osm_region *region = tandem->rig.regions.growable;
	size_t room = region ? (size_t)(region->limit - region->end) : 0;

	if (price == 0 || price > room || !rig_grow(&tandem->rig, amount_for(tandem, price, room)))
		return false;
	model_extend(&tandem->model, (uintptr_t)region->start, (uintptr_t)region->end);
	return true;
}

/* Grow, or begin the one region that there is. */
static bool pay(struct tandem *tandem, const struct osm_shortfall *price)
{
	if (tandem->rig.region_count > 0)
		return grow(tandem, price->more);
	if (!rig_region(&tandem->rig, amount_for(tandem, price->fresh, tandem->space->rig.reach)))
		return false;
	const struct osm_region *region = tandem->rig.regions.growable;
	model_extend(&tandem->model, (uintptr_t)region->start, (uintptr_t)region->end);
	return true;
}

static void compare_prices(struct tandem *tandem, const struct osm_shortfall *policy, struct osm_shortfall *model)
{
	const struct osm_region *region = tandem->rig.regions.growable;
	char text[160];

	if (region && model->more > (size_t)(region->limit - region->end))
		model->more = 0;
	if (policy->more == model->more && policy->fresh == model->fresh)
		return;
	snprintf(text, sizeof text, "the price is %zu or a fresh %zu, should be %zu or a fresh %zu", policy->more,
	         policy->fresh, model->more, model->fresh);
	differ(tandem, text);
}

static void compare_addresses(struct tandem *tandem, uintptr_t policy, uintptr_t model)
{
	char text[160];

	if (policy == model)
		return;
	if (policy && model)
		snprintf(text, sizeof text, "the payload is at +%zu, should be at +%zu", offset(tandem, policy),
		         offset(tandem, model));
	else
		snprintf(text, sizeof text, "the policy finds %s",
		         policy ? "room where there is none" : "no room where there is");
	differ(tandem, text);
}

static char *alloc_both(struct tandem *tandem, size_t n, size_t align, struct osm_shortfall *price)
{
	struct osm_shortfall expected = {0, 0};
	char *p = tandem->rig.policy->alloc(tandem->rig.state, n, align, price);
	uintptr_t q = model_alloc(&tandem->model, n, align, &expected);

	compare_addresses(tandem, (uintptr_t)p, q);
	/* only this far is a price exact, since regions begin at any multiple of 16 */
	if (!p && align <= tandem->rig.config.granule && align <= 16)
		compare_prices(tandem, price, &expected);
	return p;
}

static char *alloc_paid(struct tandem *tandem, size_t n, size_t align)
{
	struct osm_shortfall price = {0, 0};
	char *p = alloc_both(tandem, n, align, &price);

	if (!p && pay(tandem, &price)) {
		p = alloc_both(tandem, n, align, &price);
		if (!p)
			differ(tandem, "the price was paid, and alloc refuses again");
	}
	return p;
}

static void free_both(struct tandem *tandem, char *p)
{
	model_free(&tandem->model, (uintptr_t)p);
	if (!tandem->rig.policy->free(tandem->rig.state, p))
		differ(tandem, "free refuses");
}

static bool resize_both(struct tandem *tandem, char *p, size_t n, size_t *more)
{
	struct osm_shortfall policy = {0, 0}, expected = {0, 0};
	bool done = tandem->rig.policy->resize(tandem->rig.state, p, n, &policy);

	if (done != model_resize(&tandem->model, (uintptr_t)p, n, &expected))
		differ(tandem, done ? "resize succeeds" : "resize refuses");
	if (!done)
		compare_prices(tandem, &policy, &expected);
	*more = policy.more;
	return done;
}

void tandem_alloc(struct tandem *tandem, size_t slot, size_t n, size_t align)
{
	struct tandem_block *block = tandem->space->blocks + slot;

	tandem->op++;
	tandem->now = (struct tandem_op){"alloc", n, align, NULL};
	block->p = alloc_paid(tandem, n, align);
	block->n = n;
	tandem->live += block->p != NULL;
}

void tandem_resize(struct tandem *tandem, size_t slot, size_t n)
{
	struct tandem_block *block = tandem->space->blocks + slot;
	size_t more, granule = tandem->rig.config.granule;

	tandem->op++;
	tandem->now = (struct tandem_op){"realloc", n, 0, block->p};
	bool done = resize_both(tandem, block->p, n, &more);
	if (!done && grow(tandem, more)) {
		done = resize_both(tandem, block->p, n, &more);
		if (!done)
			differ(tandem, "the price was paid, and resize refuses again");
	}
	char *moved = done ? NULL : alloc_paid(tandem, n, granule);
	if (moved) {
		free_both(tandem, block->p);
		block->p = moved;
	}
	if (done || moved)
		block->n = n;
}

void tandem_free(struct tandem *tandem, size_t slot)
{
	struct tandem_block *block = tandem->space->blocks + slot;

	tandem->op++;
	tandem->now = (struct tandem_op){"free", 0, 0, block->p};
	free_both(tandem, block->p);
	*block = (struct tandem_block){NULL, 0};
	tandem->live--;
}
