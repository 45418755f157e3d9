/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy beside the model, over streams of any length: each operation is done on both. The first one that differs, in an
 * address, in an answer or in a price, fails the test with its number.
 *
 * Unlike a pair (pair.h), a tandem reallocates as a heap does, by moving the block where it must, and leaves payloads alone.
 */
#ifndef TESTS_SUPPORT_TANDEM_H
#define TESTS_SUPPORT_TANDEM_H

#include "model.h"
#include "rig.h"

/* What all tandems of a program use, one after the other. */
struct tandem_space {
	struct rig_space rig;
	struct model_block *table;
	size_t places;
	struct tandem_block {
		char *p;
		size_t n;
	} * blocks; /* by slot */
	size_t slots;
	bool in_use; /* true while a tandem runs, and after one that failed */
};

struct tandem {
	struct tandem_space *space;
	struct rig rig;
	struct model model;
	const char *stream; /* its name, for messages */
	size_t op;          /* the operation's number, from 1 */
	struct tandem_op {
		const char *call;
		size_t size, align; /* 0: it has none */
		const char *p;      /* NULL: it has none */
	} now;                  /* the operation */
	bool exact;  /* true: buy exactly the price; false: as heaps do, at least a 256th of what there is, in pages */
	size_t live; /* blocks */
};

/* Memory for regions of `reach` bytes, for metadata, and for `slots` blocks. */
void tandem_space_begin(struct tandem_space *space, size_t bytes, size_t own_bytes, size_t slots);
void tandem_space_end(struct tandem_space *space);

/* The policy must be one that the model knows. */
void tandem_begin(struct tandem *tandem, struct tandem_space *space, const struct osm_policy *policy, size_t granule,
                  const char *stream);

/* All blocks are compared, and the policy has to find its heap in order. */
void tandem_compare(struct tandem *tandem);

/* The same, and the tandem ends. */
void tandem_end(struct tandem *tandem);

/* The slot is empty. Without room it stays so. n is not 0. */
void tandem_alloc(struct tandem *tandem, size_t slot, size_t n, size_t align);

/* The slot has a block. */
void tandem_resize(struct tandem *tandem, size_t slot, size_t n);
void tandem_free(struct tandem *tandem, size_t slot);

#endif
