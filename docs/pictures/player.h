/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays a short stream of operations on a real heap and takes a shot of all its blocks after each.
 *
 * The heap lies in a static arena that starts on a page boundary, so that offsets, and with them the pictures, are the
 * same in every run. A stream is a text in the heap explorer's notation, script.h, with names of one letter.
 */
#ifndef DOCS_PICTURES_PLAYER_H
#define DOCS_PICTURES_PLAYER_H

#include <osmem/heap.h>
#include <osmem/mock.h>

#include "docs/explorer/script.h"
#include "docs/give_up.h"

#define PLAYER_BLOCKS 32
#define PLAYER_SLOTS 26
#define NO_ROVER ((size_t)-1)

/* A block of a shot; places are offsets from the region's start. */
struct shot_block {
	size_t payload, size, header;
	bool free;
	char slot;    /* who holds it; 0: nobody */
	size_t asked; /* the bytes that were asked for */
};

struct shot {
	char caption[64];
	char touched; /* the slot that the step was about; 0: none */
	size_t rover; /* offset, or NO_ROVER */
	size_t count;
	struct shot_block blocks[PLAYER_BLOCKS];
};

struct player {
	struct osm_heap *heap;
	const struct osm_policy *policy;
	size_t bytes; /* of the one region */
	char *start;
	char *rover;
	struct osm_arena arena;
	struct {
		char *p;
		size_t asked;
	} slots[PLAYER_SLOTS];
};

/* The next step of a stream; moves the cursor. False at the end. A word that is none ends the program. */
bool step_next(const char **cursor, struct script_op *step);

/* Steps in a stream. */
unsigned steps_in(const char *steps);

/* Begins a heap of one region, which buys its bytes at once or only what is missing. Ends the program if it cannot. */
void player_open(struct player *player, const struct osm_policy *policy, size_t granule, size_t bytes, bool grows);

/* Performs the step and takes a shot. Ends the program if memory does not suffice. */
void player_step(struct player *player, const struct script_op *step, struct shot *shot);

/* Performs so many steps of a stream, or all if it has no more; the shot is of the last one. */
void player_play(struct player *player, const char *steps, unsigned count, struct shot *shot);

/* The region's memory. */
const void *player_memory(const struct player *player);

/* A policy that must be there. */
const struct osm_policy *policy_named(const char *name, const char *layout);

/* The same, for a granule: where that is too small for its index, its twin without one, which decides alike. */
const struct osm_policy *policy_for(const char *name, const char *layout, size_t granule);

#endif
