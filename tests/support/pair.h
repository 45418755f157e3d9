/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy beside its oracle: each operation is done on both, and every difference fails the test with a picture of
 * both heaps. Both live in the same address space; only the policy touches it.
 */
#ifndef TESTS_SUPPORT_PAIR_H
#define TESTS_SUPPORT_PAIR_H

#include "oracle.h"
#include "rig.h"

#define PAIR_LIVE 400

struct pair {
	struct rig rig;
	struct oracle oracle;
	char last[80]; /* the latest operation, for messages */
	size_t live_count;
	struct pair_live {
		char *p;
		size_t n;
	} live[PAIR_LIVE];
};

/* The policy must be one that the oracle knows. */
void pair_begin(struct pair *pair, const struct osm_policy *policy, size_t granule, const struct rig_space *space);

/* At most PAIR_LIVE blocks may live. Without room nothing happens. */
void pair_alloc(struct pair *pair, size_t n, size_t align);

/* The ith live block; the last one takes its place. */
void pair_free(struct pair *pair, size_t i);
void pair_resize(struct pair *pair, size_t i, size_t n);

/* Are all blocks the same? */
void pair_compare(struct pair *pair);

/* Does the policy find its own heap in order, and keep within what is its own? */
void pair_check(struct pair *pair);

#endif
