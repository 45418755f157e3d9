/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stage: one real heap over the mock, the blocks that the script's names hold, and what the last operation met.
 *
 * Two mocks serve the heap, so that a region has all of its arena and nothing else lies there: one gives regions, the
 * other mappings and the heap's own metadata. Offsets count from the start of each.
 */
#ifndef DOCS_EXPLORER_STAGE_H
#define DOCS_EXPLORER_STAGE_H

#include "lens.h"
#include "script.h"

#include <osmem/heap.h>
#include <osmem/mock.h>

#define STAGE_ARENA_MAX ((size_t)1 << 20)
#define STAGE_BLOCKS 16384
#define STAGE_LOOKS 4096
#define STAGE_LOG 64

/* How the heap buys memory. */
enum stage_growth { STAGE_ALL_AT_ONCE, STAGE_EXACT, STAGE_GEOMETRIC };

struct stage_setting {
	const struct lens *lens;
	size_t granule;       /* bytes; 0: 16, or what the policy has nearest to it */
	size_t arena;         /* bytes for regions: a multiple of 16, at most STAGE_ARENA_MAX */
	size_t map_threshold; /* as in struct osm_config, but 0: never */
	enum stage_growth growth;
};

/* A block of a shot. */
struct stage_block {
	size_t at;     /* offset of the payload */
	size_t size;   /* of the payload */
	size_t header; /* bytes before it */
	bool free, mapped;
	unsigned name; /* who holds it; SCRIPT_NAMES: nobody */
	size_t asked;
};

/* All blocks at a time, in address order, those of regions first. */
struct stage_shot {
	size_t count;
	struct stage_block blocks[STAGE_BLOCKS];
};

/* A block that the search looked at, by the offset of its header; STAGE_NO_BLOCK: a node of an index. */
#define STAGE_NO_BLOCK ((size_t)-1)

enum stage_outcome {
	STAGE_NOTHING,  /* there was no operation yet */
	STAGE_DONE,     /* as asked */
	STAGE_FAILED,   /* memory ran out */
	STAGE_NO_SLOT,  /* the name holds no block */
	STAGE_DANGLING, /* the block that the name held is another's by now */
	STAGE_HELD,     /* the name holds a block already */
	STAGE_REPORTED, /* the heap reported a misuse */
	STAGE_BROKEN,   /* osm_heap_check found a fault */
};

struct stage_event {
	struct script_op op;
	enum stage_outcome outcome;
	size_t old_at, new_at; /* offsets of the payload before and after; STAGE_NO_BLOCK: none */
	size_t rover_before;   /* STAGE_NO_BLOCK: none */
	size_t steps;          /* that the policy counted */
	size_t look_count;     /* those beyond STAGE_LOOKS are counted and not kept */
	size_t looks[STAGE_LOOKS];
	size_t looks_before_growth; /* how many of them before the first purchase; SIZE_MAX: nothing was bought */
	size_t log_count;           /* backend calls */
	struct osm_mock_entry log[STAGE_LOG];
	struct osm_fault fault; /* of STAGE_REPORTED and STAGE_BROKEN */
};

struct stage {
	struct stage_setting setting;
	struct osm_heap *heap; /* NULL: the setting was refused */
	size_t granule;        /* the one in use */
	bool refusing;
	struct stage_event event;
	struct stage_shot before, after;
	struct osm_stats stats; /* after the operation */
	size_t asked_bytes;     /* of all live blocks */
};

/* What a curve is made of, in bytes but for the number of free blocks. */
struct stage_sums {
	size_t asked, live, free, free_blocks, largest_free;
	size_t heap;   /* regions and mappings */
	size_t extent; /* where the highest live block of a region ends */
};

/* The only one. */
extern struct stage stage;

/* Begin anew with a fresh heap. False: the policy does not have such a granule, or the arena is too small. */
bool stage_open(const struct stage_setting *setting);

/* Perform one operation and write down what it met and left. What it met is what the operation before left. */
void stage_perform(const struct script_op *op);

/* Only perform it; and then, before one that matters, write down what there is. */
void stage_perform_quietly(const struct script_op *op);
void stage_watch(void);

/* Count; one walk. */
struct stage_sums stage_sums(void);

/* From here on the nth call to the backend that can fail does, regions and mappings counted together; 0: none. And how
 * many did since. */
void stage_fail(unsigned nth);
unsigned stage_failures(void);

/* End the heap: what it did not give back, in bytes. */
size_t stage_close(void);

/* Offset of an address in the arena. */
size_t stage_offset(const void *p);

/* The heap's own state of its policy, and its regions. */
const void *stage_policy_state(void);
const struct osm_region *stage_regions(void);

/* What a policy's searches call; see lens.c. */
void stage_looked_at(const void *block);

#endif
