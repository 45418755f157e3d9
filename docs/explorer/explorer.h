/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the page calls, and the native twin too: a setting, a script, the state after any number of its operations.
 *
 * Texts go in and out through one buffer each. Numbers are 32 bits, as JavaScript passes them.
 */
#ifndef DOCS_EXPLORER_EXPLORER_H
#define DOCS_EXPLORER_EXPLORER_H

#include <stdint.h>

#define EXPLORER_SCRIPT_ROOM ((uint32_t)1 << 20)
#define EXPLORER_OPS 65536

/* Where the script goes, with a closing zero. */
char *explorer_script(void);

/* Where texts come out. */
const char *explorer_answer(void);

/* All policies, as JSON; returns its length. */
uint32_t explorer_policies(void);

/* Chooses: a policy by its place in that list, and the fields of struct stage_setting. Returns 1, or 0 if the policy
 * has no such granule or the arena is too small for the heap. */
uint32_t explorer_choose(uint32_t policy, uint32_t granule, uint32_t arena, uint32_t map_threshold, uint32_t growth);

/* Reads the script: how many operations it has. Where a word is none, explorer_error() is its place. */
uint32_t explorer_read(void);
uint32_t explorer_error(void);

/* The state after the first `count` operations, as JSON; returns its length. */
uint32_t explorer_state(uint32_t count);

/* The figures of the heap before the first and after each operation; returns the address of EXPLORER_FIGURES numbers
 * for each. */
#define EXPLORER_FIGURES 8
const uint32_t *explorer_series(void);

/* The heap itself, for tests of all that a heap promises; each works on the heap that was chosen. */
void *explorer_alloc(uint32_t align, uint32_t n);
void *explorer_calloc(uint32_t count, uint32_t n);
void *explorer_realloc(void *p, uint32_t n);
void explorer_free(void *p);
uint32_t explorer_usable_size(void *p);
uint32_t explorer_owns(void *p);
uint32_t explorer_check(void);
uint32_t explorer_live_blocks(void);
void explorer_fail(uint32_t nth);
uint32_t explorer_failures(void);
uint32_t explorer_destroy(void);

#endif
