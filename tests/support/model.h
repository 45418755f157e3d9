/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model: what the oracle says, at a cost of a few hundred nanoseconds whatever there are of blocks. So a policy can be
 * compared over recorded programs and over millions of operations.
 *
 * It shares neither code nor structure with the indexes. Where each block starts there is an entry in a table, by address;
 * free blocks stand on a shelf in the order in which the policy's rule prefers them. Like the oracle it works on addresses
 * and never touches the memory that it speaks about. The buddy system it does not know.
 */
#ifndef TESTS_SUPPORT_MODEL_H
#define TESTS_SUPPORT_MODEL_H

#include "oracle.h"
#include "shelf.h"

/* A place where a block may start. */
struct model_block {
	uint32_t units;  /* the block's granules, header and payload; 0: no block starts here */
	uint32_t before; /* granules of the block that ends here */
	uint64_t pushed; /* when it became free as it is now; 0: it is live */
};

struct model_region {
	uintptr_t start; /* as the heap sees it */
	uintptr_t first; /* where the first block starts */
	uintptr_t tail;  /* where the last block ends */
	uintptr_t end;   /* where it may end at most, if the granule allows */
};

struct model {
	enum oracle_rule rule;
	size_t header, least, mark, granule; /* as in struct oracle */
	uintptr_t rover;
	uint64_t pushes;
	unsigned region_count; /* the last of them is the growable one */
	struct model_region regions[ORACLE_REGIONS];
	struct shelf free;
	struct model_block *table; /* the caller's: from regions[0].first on, one for each granule */
	size_t places;             /* how many */
};

/*
 * The oracle has begun, for a fit. The table is all zero, and has a place for each granule of all regions, which lie at
 * ascending addresses, and one more. The end leaves it all zero again.
 */
void model_begin(struct model *model, const struct oracle *rules, struct model_block *table, size_t places);
void model_end(struct model *model);

/* As the oracle's. */
void model_extend(struct model *model, uintptr_t start, uintptr_t end);
uintptr_t model_alloc(struct model *model, size_t n, size_t align, struct osm_shortfall *shortfall);
void model_free(struct model *model, uintptr_t p);
bool model_resize(struct model *model, uintptr_t p, size_t n, struct osm_shortfall *shortfall);

/* The block that starts behind `start`, at the lowest address; 0: there is none. From 0 on: all blocks. */
uintptr_t model_next(const struct model *model, uintptr_t start);
size_t model_bytes(const struct model *model, uintptr_t start);
bool model_is_free(const struct model *model, uintptr_t start);

#endif
