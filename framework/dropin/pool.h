/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs that no thread owns: those never used, the empty ones, and those whose owners are gone.
 */
#ifndef OSMEM_DROPIN_POOL_H
#define OSMEM_DROPIN_POOL_H

#include "framework/dropin/slab.h"

struct pool_stats {
	size_t slabs;                   /* that have ever been used */
	size_t empty_bytes;             /* of slabs that are in nobody's use and still cost memory */
	size_t live_blocks, live_bytes; /* blocks that are out; about, while other threads run */
};

/* Reserve the range. Without it slab_range.span stays 0. */
void pool_begin(void);

/* A slab in nobody's state with no block carved, for `owner`; NULL: memory ran out. */
struct slab *pool_take(struct owner *owner);
/* An empty slab comes back; its owner forgets it. */
void pool_give(struct slab *slab);
/* A slab of the class whose owner is gone, for `owner`; NULL: there is none. */
struct slab *pool_adopt(size_t class, struct owner *owner);
/* Its owner goes; blocks of it are out. */
void pool_abandon(struct slab *slab);
/* All blocks of a slab without owner may be back: if so it is empty. */
void pool_look(struct slab *slab);
/* The same of each. Cost: O(slabs without owner). */
void pool_look_at_all(void);

/* Give the memory of all empty slabs back; false: there was none, or a signal handler asks whose thread may hold the pool.
 * For such a one pool_count() finds nothing, and pool_visit() nobody. */
bool pool_trim(void);
/* The same, and the system's promise of it, so that a limit of the process leaves room for others; false: there was none. */
bool pool_release(void);
void pool_count(struct pool_stats *stats);
/* Visit each slab that is somebody's or was abandoned; no other thread may run. */
void pool_visit(void (*visit)(const struct slab *slab, void *context), void *context);

/* Around a fork. */
void pool_lock(void);
void pool_unlock(void);
/* In the child, before it unlocks. */
void pool_fork(void);

#endif
