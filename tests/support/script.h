/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A notation for what a program does to a heap, so that tests are tables:
 *
 *     a100      slot a becomes a block of 100 bytes
 *     a100@64   aligned to 64
 *     ca100     zeroed
 *     ra200     the block in slot a is resized to 200 bytes
 *     sa200     the block in slot a grows to 200 bytes downwards, if it can
 *     fa        and freed
 *     +4096     the newest region grows by 4096 bytes; the first time, it begins
 *     |4096     a new region of 4096 bytes begins
 *
 * and for what the heap then looks like: "A104 F856 | A64 M200000", live, free and mapped blocks with their payloads in
 * address order, with a bar between regions.
 */
#ifndef TESTS_SUPPORT_SCRIPT_H
#define TESTS_SUPPORT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum script_call { SCRIPT_ALLOC, SCRIPT_CALLOC, SCRIPT_RESIZE, SCRIPT_SLIDE, SCRIPT_FREE, SCRIPT_GROW, SCRIPT_REGION };

#define SCRIPT_SLOTS 26

struct script_op {
	enum script_call call;
	unsigned slot;
	size_t n;
	size_t align; /* 1 if none was given */
};

/* The next operation; moves the cursor. False at the end. A word that is none of the above ends the program. */
bool script_next(const char **cursor, struct script_op *op);

/* A text that is put together piece by piece; what does not fit is left out. */
struct picture {
	char text[4096];
	size_t length;
};

/* Adds one block, e.g. "A104", with a space before it if it is not the first. */
void picture_add(struct picture *picture, char kind, size_t n);

/* Adds the bar between regions. */
void picture_bar(struct picture *picture);

#endif
