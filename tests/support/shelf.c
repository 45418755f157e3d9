/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sorted array in pieces: see shelf.h.
 */
#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(const char *why)
{
	fprintf(stderr, "shelf: %s\n", why);
	abort();
}

static bool key_before(struct shelf_key a, struct shelf_key b)
{
	return a.first < b.first || (a.first == b.first && a.second < b.second);
}

/* The number of entries before the key. */
static size_t place_in(const struct shelf_piece *piece, struct shelf_key key)
{
	size_t low = 0, high = piece->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (key_before(piece->entry[middle].key, key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The last piece that does not begin behind the key, or the first one. */
static size_t piece_of(const struct shelf *shelf, struct shelf_key key)
{
	size_t low = 0, high = shelf->count;

	while (low + 1 < high) {
		size_t middle = (low + high) / 2;
		if (key_before(key, shelf->piece[middle]->entry[0].key))
			high = middle;
		else
			low = middle;
	}
	return low;
}

static void find_most(struct shelf_piece *piece)
{
	piece->most = 0;
	for (size_t i = 0; i < piece->count; i++)
		piece->most = piece->entry[i].bytes > piece->most ? piece->entry[i].bytes : piece->most;
}

static struct shelf_piece *piece_insert(struct shelf *shelf, size_t at)
{
	struct shelf_piece *fresh = calloc(1, sizeof *fresh);

	if (shelf->count == shelf->room) {
		shelf->room = 2 * shelf->room + 16;
		shelf->piece = realloc(shelf->piece, shelf->room * sizeof(struct shelf_piece *));
	}
	if (!fresh || !shelf->piece)
		give_up("out of memory");
	memmove(shelf->piece + at + 1, shelf->piece + at, (shelf->count - at) * sizeof(struct shelf_piece *));
	shelf->piece[at] = fresh;
	shelf->count++;
	return fresh;
}

static void piece_remove(struct shelf *shelf, size_t at)
{
	free(shelf->piece[at]);
	shelf->count--;
	memmove(shelf->piece + at, shelf->piece + at + 1, (shelf->count - at) * sizeof(struct shelf_piece *));
}

/* The upper half of a full piece becomes the next one. */
static void piece_halve(struct shelf *shelf, size_t at)
{
	struct shelf_piece *upper = piece_insert(shelf, at + 1), *piece = shelf->piece[at];

	piece->count = SHELF_PIECE / 2;
	upper->count = SHELF_PIECE - piece->count;
	memcpy(upper->entry, piece->entry + piece->count, upper->count * sizeof *upper->entry);
	find_most(piece);
	find_most(upper);
}

/* The entries of the next piece are put behind this one's. */
static void piece_join_next(struct shelf *shelf, size_t at)
{
	struct shelf_piece *piece = shelf->piece[at], *next = shelf->piece[at + 1];

	memcpy(piece->entry + piece->count, next->entry, next->count * sizeof *next->entry);
	piece->count += next->count;
	find_most(piece);
	piece_remove(shelf, at + 1);
}

void shelf_add(struct shelf *shelf, const struct shelf_entry *entry)
{
	if (shelf->count == 0)
		piece_insert(shelf, 0);
	size_t at = piece_of(shelf, entry->key);
	if (shelf->piece[at]->count == SHELF_PIECE) {
		piece_halve(shelf, at);
		at = piece_of(shelf, entry->key);
	}
	struct shelf_piece *piece = shelf->piece[at];
	size_t place = place_in(piece, entry->key);
	memmove(piece->entry + place + 1, piece->entry + place, (piece->count - place) * sizeof *entry);
	piece->entry[place] = *entry;
	piece->count++;
	piece->most = entry->bytes > piece->most ? entry->bytes : piece->most;
}

void shelf_remove(struct shelf *shelf, struct shelf_key key)
{
	size_t at = shelf->count > 0 ? piece_of(shelf, key) : 0;
	struct shelf_piece *piece = shelf->count > 0 ? shelf->piece[at] : NULL;
	size_t place = piece ? place_in(piece, key) : 0;

	if (!piece || place == piece->count || key_before(key, piece->entry[place].key))
		give_up("there is no such entry");
	size_t bytes = piece->entry[place].bytes;
	piece->count--;
	memmove(piece->entry + place, piece->entry + place + 1, (piece->count - place) * sizeof *piece->entry);
	if (piece->count == 0) {
		piece_remove(shelf, at);
		return;
	}
	if (bytes == piece->most)
		find_most(piece);
	if (at + 1 < shelf->count && piece->count + shelf->piece[at + 1]->count <= SHELF_PIECE / 2)
		piece_join_next(shelf, at);
}

const struct shelf_entry *shelf_find(const struct shelf *shelf, struct shelf_key from, size_t bytes)
{
	size_t at = shelf->count > 0 ? piece_of(shelf, from) : 0;
	size_t place = shelf->count > 0 ? place_in(shelf->piece[at], from) : 0;

	for (; at < shelf->count; at++, place = 0) {
		const struct shelf_piece *piece = shelf->piece[at];
		if (piece->most < bytes)
			continue;
		for (; place < piece->count; place++)
			if (piece->entry[place].bytes >= bytes)
				return piece->entry + place;
	}
	return NULL;
}

void shelf_clear(struct shelf *shelf)
{
	while (shelf->count > 0)
		free(shelf->piece[--shelf->count]);
	free(shelf->piece);
	*shelf = (struct shelf){0};
}
