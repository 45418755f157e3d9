/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lens on a policy: the policy itself, and what only its own source can tell about its state.
 */
#ifndef DOCS_EXPLORER_LENS_H
#define DOCS_EXPLORER_LENS_H

#include "text.h"

#include <osmem/policy.h>

struct lens {
	const struct osm_policy *policy;
	bool is_scan; /* it has the textbook's search and no index */
	/* The end of the block last allocated, as the policy keeps it; NULL: it does not, or not yet. */
	const char *(*rover)(const void *state);
	/* Adds the free index as a JSON object. */
	void (*index)(const void *state, struct text *json);
};

/* Every policy there is; ends with NULL. */
extern const struct lens *const lenses[];

/* Does the policy's name begin so? "next-fit" is true of its scanning twin too. */
bool lens_is(const struct lens *lens, const char *beginning);

#endif
