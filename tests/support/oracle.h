/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The oracle: what each policy must decide, said as naively as possible.
 *
 * All blocks, live and free, stand in one array in address order. Every question is answered by looking at all of them.
 * The oracle never touches the memory it speaks about: it works on addresses.
 *
 *     block:   | header | payload |     a live payload starts at start + header
 *              ^ start            ^ start + bytes
 */
#ifndef TESTS_SUPPORT_ORACLE_H
#define TESTS_SUPPORT_ORACLE_H

#include <osmem/policy.h>
#include <stdint.h>

enum oracle_rule {
	ORACLE_FIRST_FIT,     /* the lowest that suffices */
	ORACLE_NEXT_FIT,      /* the first that suffices from the rover on, wrapping once */
	ORACLE_BEST_FIT,      /* the smallest that suffices, the lowest among equals */
	ORACLE_BEST_FIT_LIFO, /* the smallest that suffices, the most recently freed among equals */
	ORACLE_WORST_FIT,     /* the largest that suffices, the lowest among equals */
	ORACLE_BUDDY          /* the smallest order that suffices, the most recently freed within it */
};

#define ORACLE_BLOCKS 4096
#define ORACLE_REGIONS 8

struct oracle_block {
	uintptr_t start;
	size_t bytes;    /* header and payload */
	unsigned region; /* blocks of different regions never merge */
	bool free;
	uint64_t pushed; /* when it became free as it is now */
};

struct oracle_region {
	uintptr_t start; /* as the heap sees it */
	uintptr_t first; /* where the first block starts */
	uintptr_t end;   /* where the last block may end at most, if the granule allows */
};

struct oracle {
	enum oracle_rule rule;
	size_t header;  /* bytes before each payload */
	size_t least;   /* bytes of the smallest payload, before rounding */
	size_t mark;    /* bytes behind the last block of a region that no block may have */
	size_t granule; /* unit of block bytes */
	uintptr_t rover;
	uint64_t pushes;
	unsigned region_count; /* the last of them is the growable one */
	struct oracle_region regions[ORACLE_REGIONS];
	size_t count;
	struct oracle_block blocks[ORACLE_BLOCKS]; /* last: oracle_copy leaves out what is not used */
};

/* Does this policy decide as `name` does? One that finds blocks by scanning has the same name with "-scan" at its end. */
bool oracle_names(const char *name, const char *policy);

/* False if the oracle does not know this policy and layout. */
bool oracle_begin(struct oracle *oracle, const char *policy, const char *layout, size_t granule);
void oracle_copy(struct oracle *to, const struct oracle *from);

size_t oracle_good_size(const struct oracle *oracle, size_t n);

/* The region that starts at `start` now ends at `end`; if the newest one does not start there, it is a new one. */
void oracle_extend(struct oracle *oracle, uintptr_t start, uintptr_t end);

/* As the slots of struct osm_policy. Addresses are payloads, 0 for none. Of the buddy no shortfall is predicted. */
uintptr_t oracle_alloc(struct oracle *oracle, size_t n, size_t align, struct osm_shortfall *shortfall);
void oracle_free(struct oracle *oracle, uintptr_t p);
bool oracle_resize(struct oracle *oracle, uintptr_t p, size_t n, struct osm_shortfall *shortfall);
uintptr_t oracle_slide(struct oracle *oracle, uintptr_t p, size_t n);

/* The array, for both halves of the oracle. */
size_t oracle_find(const struct oracle *oracle, uintptr_t p);
struct oracle_block *oracle_insert(struct oracle *oracle, size_t at, const struct oracle_block *block);
void oracle_remove(struct oracle *oracle, size_t at);

/* The buddy system's half. */
size_t buddy_oracle_size(const struct oracle *oracle, size_t n);
void buddy_oracle_extend(struct oracle *oracle, uintptr_t from, uintptr_t end);
uintptr_t buddy_oracle_alloc(struct oracle *oracle, size_t n, size_t align);
void buddy_oracle_free(struct oracle *oracle, size_t at);
bool buddy_oracle_resize(struct oracle *oracle, size_t at, size_t n);

#endif
