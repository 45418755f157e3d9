/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file idmap.h
 * @brief A map from 64-bit IDs to small numbers.
 */
#ifndef OSMEM_TRACE_IDMAP_H
#define OSMEM_TRACE_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @brief "No such ID". */
#define IDMAP_NONE UINT32_MAX

/** @brief One place of the table. */
struct idmap_entry {
	uint64_t id;   /**< The ID. */
	uint32_t slot; /**< Its number; IDMAP_NONE: the place is empty. */
};

/** @brief The map. All zero: empty. */
struct idmap {
	struct idmap_entry *entries; /**< The table. */
	size_t room;                 /**< Places: 0 or a power of two. */
	size_t count;                /**< IDs. */
};

/**
 * @brief Look an ID up. Cost: O(1) on average.
 * @param map the map
 * @param id  any number
 * @return its number, or IDMAP_NONE
 */
uint32_t idmap_find(const struct idmap *map, uint64_t id);

/**
 * @brief Add an ID. Cost: O(1) on average.
 * @param map  the map
 * @param id   any number that is not in the map
 * @param slot its number, not IDMAP_NONE
 * @return false if memory ran out, and then nothing has changed
 */
bool idmap_add(struct idmap *map, uint64_t id, uint32_t slot);

/**
 * @brief Remove an ID. Cost: O(1) on average.
 * @param map the map
 * @param id  an ID in the map
 */
void idmap_remove(struct idmap *map, uint64_t id);

/**
 * @brief Give the map's memory back.
 * @param map the map, empty afterwards
 */
void idmap_release(struct idmap *map);

#endif
