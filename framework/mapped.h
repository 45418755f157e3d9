/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Blocks with a mapping of their own: a struct block_meta of status STATUS_MAPPED at the mapping's start, the payload
 * behind it; all of a heap's in a set by address.
 */
#ifndef OSMEM_MAPPED_H
#define OSMEM_MAPPED_H

#include <osmem/block_meta.h>
#include <osmem/policy.h>

/* A set of mapped blocks; zero: empty. */
struct mapped {
	struct block_meta *root;
};

/* Write the header of a block whose mapping starts at `mapping`, and file it. */
struct block_meta *mapped_insert(struct mapped *mapped, void *mapping, size_t payload);

/* Take a block out that is in. */
void mapped_remove(struct mapped *mapped, struct block_meta *block);

/* The block with the lowest address above `from` (NULL: of all), or NULL; *fault tells of damage on the way. */
struct block_meta *mapped_above(const struct mapped *mapped, const void *from, struct osm_fault *fault);

/* The block whose payload starts at p, or NULL; never faults, *fault tells of damage on the way. */
struct block_meta *mapped_find(const struct mapped *mapped, const void *p, struct osm_fault *fault);

#endif
