/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Free blocks in an order of one's choice: a sorted array, cut into pieces so that a change moves few entries.
 *
 *     | piece | piece | piece |     all entries of a piece stand before those of the next one
 *
 * Each piece knows the bytes of its largest block, so that a search passes over those in which nothing suffices.
 */
#ifndef TESTS_SUPPORT_SHELF_H
#define TESTS_SUPPORT_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHELF_PIECE 128

/* Ordered by `first`, then by `second`; no two entries have both the same. */
struct shelf_key {
	uint64_t first, second;
};

struct shelf_entry {
	struct shelf_key key;
	uintptr_t start; /* of the block */
	size_t bytes;
};

struct shelf {
	struct shelf_piece {
		size_t count;
		size_t most; /* the largest `bytes` */
		struct shelf_entry entry[SHELF_PIECE];
	} * *piece;
	size_t count, room; /* pieces */
};

/* All zero: an empty shelf. */
void shelf_add(struct shelf *shelf, const struct shelf_entry *entry);

/* The entry must be there. */
void shelf_remove(struct shelf *shelf, struct shelf_key key);

/* The first entry at or behind the key that has so many bytes at least, or NULL. */
const struct shelf_entry *shelf_find(const struct shelf *shelf, struct shelf_key from, size_t bytes);

/* The shelf is empty again. */
void shelf_clear(struct shelf *shelf);

#endif
