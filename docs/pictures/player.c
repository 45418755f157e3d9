/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays operations on a heap. The rover of next fit is found by its definition, from what a walk shows, since a policy
 * keeps it to itself.
 */
#include "player.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_BYTES 16384

static _Alignas(4096) char memory[MEMORY_BYTES];

const struct osm_policy *policy_named(const char *name, const char *layout)
{
	const struct osm_policy *policy = osm_policy_find(name, layout);

	if (!policy)
		give_up("the library has no policy %s with layout %s", name, layout ? layout : "(any)");
	return policy;
}

const struct osm_policy *policy_for(const char *name, const char *layout, size_t granule)
{
	const struct osm_policy *policy = policy_named(name, layout);
	char twin[32];

	if (granule >= policy->granule_min)
		return policy;
	snprintf(twin, sizeof twin, "%s-scan", name);
	return policy_named(twin, layout);
}

bool step_next(const char **cursor, struct script_op *step)
{
	char name[4];

	if (!script_next(cursor, step)) {
		if (**cursor)
			give_up("\"%s\" is no step", *cursor);
		return false;
	}
	script_name(step->name, name);
	if (name[1])
		give_up("the name %s has more than one letter", name);
	return true;
}

/* Who is meant. */
static char letter_of(const struct script_op *step)
{
	char name[4];

	script_name(step->name, name);
	return name[0];
}

unsigned steps_in(const char *steps)
{
	struct script_op step;
	unsigned count = 0;

	while (step_next(&steps, &step))
		count++;
	return count;
}

void player_open(struct player *player, const struct osm_policy *policy, size_t granule, size_t bytes, bool grows)
{
	struct osm_config config = {.granule = granule, .preallocate = grows ? 0 : bytes, .map_threshold = SIZE_MAX};

	*player = (struct player){.policy = policy, .bytes = bytes, .start = memory};
	memset(memory, 0, sizeof memory);
	osm_arena_init(&player->arena, memory, sizeof memory);
	player->heap = osm_heap_create(policy, &player->arena.backend, &config);
	if (!player->heap)
		give_up("no heap of policy %s", policy->name);
}

const void *player_memory(const struct player *player)
{
	return player->start;
}

struct visit {
	const struct player *player;
	struct shot *shot;
};

static bool shoot(const struct osm_block *block, void *context)
{
	struct visit *visit = context;
	const struct player *player = visit->player;
	struct shot_block *b = &visit->shot->blocks[visit->shot->count++];
	char *payload = block->payload;

	if (visit->shot->count == PLAYER_BLOCKS)
		give_up("too many blocks for a picture");
	*b = (struct shot_block){.payload = (size_t)(payload - player->start),
	                         .size = block->size,
	                         .header = block->header_bytes,
	                         .free = block->free};
	for (unsigned i = 0; i < PLAYER_SLOTS; i++)
		if (player->slots[i].p == payload) {
			b->slot = (char)('a' + i);
			b->asked = player->slots[i].asked;
		}
	return true;
}

/* A merge that has swallowed the rover makes it drop to the start of the merged block. */
static void drop_rover(struct player *player, const struct shot *shot)
{
	for (size_t i = 0; i < shot->count; i++) {
		char *end = player->start + shot->blocks[i].payload + shot->blocks[i].size;
		char *begin = end - shot->blocks[i].size - shot->blocks[i].header;

		if (player->rover > begin && player->rover < end)
			player->rover = begin;
	}
}

static void perform(struct player *player, const struct script_op *step)
{
	unsigned i = (unsigned)(letter_of(step) - 'a');
	char *p = player->slots[i].p;

	switch (step->call) {
	case SCRIPT_ALLOC:
		p = osm_heap_alloc_aligned(player->heap, step->align, step->n);
		break;
	case SCRIPT_RESIZE:
		p = osm_heap_realloc(player->heap, p, step->n);
		break;
	case SCRIPT_FREE:
		osm_heap_free(player->heap, p);
		player->slots[i].p = NULL;
		return;
	default:
		give_up("a step that is not drawn, of %c", letter_of(step));
	}
	if (!p)
		give_up("%s: no room for %c", player->policy->name, letter_of(step));
	if (p != player->slots[i].p)
		player->rover = p + osm_heap_usable_size(player->heap, p);
	player->slots[i].p = p;
	player->slots[i].asked = step->n;
}

static void describe(const struct script_op *step, char *text, size_t room)
{
	char slot = letter_of(step);

	if (step->call == SCRIPT_FREE)
		snprintf(text, room, "free %c", slot);
	else if (step->call == SCRIPT_RESIZE)
		snprintf(text, room, "resize %c to %zu", slot, step->n);
	else if (step->align > 1)
		snprintf(text, room, "%c = %zu, align %zu", slot, step->n, step->align);
	else
		snprintf(text, room, "%c = %zu bytes", slot, step->n);
}

void player_step(struct player *player, const struct script_op *step, struct shot *shot)
{
	struct visit visit = {player, shot};
	struct osm_fault fault;
	struct osm_stats stats;

	*shot = (struct shot){.rover = NO_ROVER, .touched = letter_of(step)};
	describe(step, shot->caption, sizeof shot->caption);
	perform(player, step);
	if (!osm_heap_check(player->heap, &fault))
		give_up("%s: %s", player->policy->name, fault.detail);
	osm_heap_stats(player->heap, &stats);
	if (stats.heap_bytes > player->bytes)
		give_up("%s: the stream needs more than %zu bytes", player->policy->name, player->bytes);
	osm_heap_walk(player->heap, shoot, &visit);
	drop_rover(player, shot);
	if (player->rover)
		shot->rover = (size_t)(player->rover - player->start);
}

void player_play(struct player *player, const char *steps, unsigned count, struct shot *shot)
{
	struct script_op step;

	while (count-- > 0 && step_next(&steps, &step))
		player_step(player, &step, shot);
}
