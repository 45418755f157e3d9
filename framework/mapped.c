/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mapped blocks: a treap by address, in the headers' two links; prev is the lower side, next the higher.
 *
 * A treap is a search tree by key and a heap by priority; with random priorities its depth is O(log n) expected. Here
 * the priority is a hash of the address, so it needs no field. Every header on a path is checked against its seal before
 * its links are followed, so that a damaged one ends a search and is reported.
 *
 * Source: Seidel and Aragon 1996, Algorithmica 16; insertion and removal by splitting and joining, without recursion.
 */
#include "framework/mapped.h"

static uint64_t priority(const struct block_meta *b)
{
	uint64_t hash = (uint64_t)(uintptr_t)b * 0x9E3779B97F4A7C15U;

	return (hash ^ hash >> 32) * 0xD6E8FEB86659FD93U;
}

static void seal(struct block_meta *b)
{
	b->check = block_meta_seal(b);
}

static bool is_sound(const struct block_meta *b, struct osm_fault *fault)
{
	if (b->check == block_meta_seal(b) && b->status == STATUS_MAPPED)
		return true;
	*fault = (struct osm_fault){OSM_FAULT_DAMAGED, b + 1, "the header of a mapped block was overwritten"};
	return false;
}

/* A place that holds a link, and the header whose seal covers it (NULL: the root). */
struct place {
	struct block_meta **link;
	struct block_meta *owner;
};

static void place_set(struct place place, struct block_meta *b)
{
	*place.link = b;
	if (place.owner)
		seal(place.owner);
}

/* Where the block at `key` is linked, or would be if its priority were `least`. */
static struct place place_of(struct mapped *mapped, const struct block_meta *key, uint64_t least)
{
	struct place place = {&mapped->root, NULL};

	while (*place.link && *place.link != key && priority(*place.link) >= least) {
		place.owner = *place.link;
		place.link = key < place.owner ? &place.owner->prev : &place.owner->next;
	}
	return place;
}

struct block_meta *mapped_insert(struct mapped *mapped, void *mapping, size_t payload)
{
	struct block_meta *b = mapping;
	struct place place = place_of(mapped, b, priority(b));
	struct block_meta *rest = *place.link;
	struct place lower = {&b->prev, NULL}, higher = {&b->next, NULL};

	*b = (struct block_meta){.size = payload, .status = STATUS_MAPPED};
	while (rest) {
		struct place *side = rest < b ? &lower : &higher;

		place_set(*side, rest);
		*side = (struct place){rest < b ? &rest->next : &rest->prev, rest};
		rest = *side->link;
	}
	place_set(lower, NULL);
	place_set(higher, NULL);
	seal(b);
	place_set(place, b);
	return b;
}

void mapped_remove(struct mapped *mapped, struct block_meta *b)
{
	struct place place = place_of(mapped, b, 0);
	struct block_meta *lower = b->prev, *higher = b->next;

	while (lower && higher) {
		bool lower_first = priority(lower) > priority(higher);
		struct block_meta *top = lower_first ? lower : higher;

		place_set(place, top);
		place = (struct place){lower_first ? &top->next : &top->prev, top};
		if (lower_first)
			lower = top->next;
		else
			higher = top->prev;
	}
	place_set(place, lower ? lower : higher);
}

struct block_meta *mapped_above(const struct mapped *mapped, const void *from, struct osm_fault *fault)
{
	struct block_meta *found = NULL;

	for (struct block_meta *b = mapped->root; b && is_sound(b, fault);) {
		if ((const void *)b > from) {
			found = b;
			b = b->prev;
		} else {
			b = b->next;
		}
	}
	return fault->kind == OSM_FAULT_NONE ? found : NULL;
}

struct block_meta *mapped_find(const struct mapped *mapped, const void *p, struct osm_fault *fault)
{
	struct block_meta *b = mapped->root;

	while (b && is_sound(b, fault) && (const void *)(b + 1) != p)
		b = (const void *)(b + 1) > p ? b->prev : b->next;
	return fault->kind == OSM_FAULT_NONE ? b : NULL;
}
