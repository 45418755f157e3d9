/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A map from 64-bit IDs to small numbers: open addressing with linear probing, at most half full.
 *
 * An entry that is removed leaves no mark: the entries behind it move up (Knuth 1973, vol. 3, 6.4, algorithm R), so
 * that a map from which as much is removed as is added stays as fast as it was.
 */
#include <assert.h>
#include <stdlib.h>

#include "framework/trace/idmap.h"

#define ROOM_MIN 64

/* The finaliser of splitmix64: recorded IDs are mostly consecutive numbers or addresses. */
static size_t id_home(const struct idmap *map, uint64_t id)
{
	id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9u;
	id = (id ^ (id >> 27)) * 0x94d049bb133111ebu;
	return (size_t)(id ^ (id >> 31)) & (map->room - 1);
}

/* Where the ID stands, or the empty place where it would. */
static size_t id_place(const struct idmap *map, uint64_t id)
{
	size_t at = id_home(map, id);

	while (map->entries[at].slot != IDMAP_NONE && map->entries[at].id != id)
		at = (at + 1) & (map->room - 1);
	return at;
}

static bool map_grow(struct idmap *map)
{
	struct idmap larger = {.room = map->room ? 2 * map->room : ROOM_MIN, .count = map->count};

	larger.entries = calloc(larger.room, sizeof *larger.entries);
	if (!larger.entries)
		return false;
	for (size_t i = 0; i < larger.room; i++)
		larger.entries[i].slot = IDMAP_NONE;
	for (size_t i = 0; i < map->room; i++)
		if (map->entries[i].slot != IDMAP_NONE)
			larger.entries[id_place(&larger, map->entries[i].id)] = map->entries[i];
	free(map->entries);
	*map = larger;
	return true;
}

uint32_t idmap_find(const struct idmap *map, uint64_t id)
{
	return map->room ? map->entries[id_place(map, id)].slot : IDMAP_NONE;
}

bool idmap_add(struct idmap *map, uint64_t id, uint32_t slot)
{
	assert(slot != IDMAP_NONE && idmap_find(map, id) == IDMAP_NONE && "an ID is added once");
	if (2 * (map->count + 1) > map->room && !map_grow(map))
		return false;
	map->entries[id_place(map, id)] = (struct idmap_entry){id, slot};
	map->count++;
	return true;
}

void idmap_remove(struct idmap *map, uint64_t id)
{
	size_t mask = map->room - 1;
	size_t hole = id_place(map, id);

	assert(map->entries[hole].slot != IDMAP_NONE && "only an ID in the map is removed");
	for (size_t at = (hole + 1) & mask; map->entries[at].slot != IDMAP_NONE; at = (at + 1) & mask) {
		size_t home = id_home(map, map->entries[at].id);
		bool reachable = ((at - home) & mask) < ((at - hole) & mask);
		if (!reachable) {
			map->entries[hole] = map->entries[at];
			hole = at;
		}
	}
	map->entries[hole].slot = IDMAP_NONE;
	map->count--;
}

void idmap_release(struct idmap *map)
{
	free(map->entries);
	*map = (struct idmap){0};
}
