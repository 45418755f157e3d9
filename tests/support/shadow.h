/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program knows of its heap: the blocks it holds and what it wrote into them. Each operation is checked against
 * that. The first problem is kept as text, so that threads can use a shadow too; shadow_assert fails the test with it.
 */
#ifndef TESTS_SUPPORT_SHADOW_H
#define TESTS_SUPPORT_SHADOW_H

#include "random.h"
#include "script.h"

#include <osmem/heap.h>

#define SHADOW_SLOTS 64

struct shadow_slot {
	unsigned char *p;
	size_t n;
	unsigned char fill; /* the first byte of the pattern */
};

struct shadow {
	struct osm_heap *heap;
	size_t granule;     /* what every payload is aligned to */
	unsigned char fill; /* of the next block */
	struct shadow_slot slots[SHADOW_SLOTS];
	char problem[240]; /* empty while all is well */
};

/* How a random program behaves. */
struct shadow_habit {
	enum mix mix;
	size_t size_max;
	unsigned aligned; /* of 100 allocations */
	unsigned zeroed;  /* of 100 allocations */
};

/* With granule 0: what the default is, 16. */
void shadow_begin(struct shadow *shadow, struct osm_heap *heap, size_t granule);

/* False if there was no memory; the slot is as before then. The slot of alloc and calloc must be empty. */
bool shadow_alloc(struct shadow *shadow, unsigned slot, size_t n, size_t align);
bool shadow_calloc(struct shadow *shadow, unsigned slot, size_t n);
bool shadow_realloc(struct shadow *shadow, unsigned slot, size_t n);
void shadow_free(struct shadow *shadow, unsigned slot);
void shadow_free_all(struct shadow *shadow);

/* One operation of a script; an allocation into a slot that is not empty is left out, as it was done before. */
bool shadow_apply(struct shadow *shadow, const struct script_op *op);

/* One random operation. */
void shadow_step(struct shadow *shadow, struct rng *rng, const struct shadow_habit *habit);

/* Every block is owned and holds what was written. */
void shadow_verify(struct shadow *shadow);

/* The heap finds itself in order, and its statistics, its walk and this shadow agree: nobody else may hold blocks. */
void shadow_audit(struct shadow *shadow);

void shadow_problem(struct shadow *shadow, const char *format, ...) __attribute__((format(printf, 2, 3)));
void shadow_assert(const struct shadow *shadow);

#endif
