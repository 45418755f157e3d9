/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One policy with a lens on it. The build compiles this file once for each policy, layout and index, with the policy's
 * source in LENS_POLICY_FILE and its name in LENS_POLICY; that source is included here, so that its structures are known.
 *
 * Nothing of it is changed: only who looks on is told of each block that a search looks at.
 */
#include "stage.h"

#define OSM_LOOKED_AT(b) stage_looked_at(b)
#include LENS_POLICY_FILE

#if defined(OSMEM_POLICIES_INDEX_SCAN_H)
#include "lens_scan.h"
#elif defined(OSMEM_POLICIES_INDEX_LIST_H)
#include "lens_list.h"
#elif defined(OSMEM_POLICIES_INDEX_SIZE_H)
#include "lens_size.h"
#elif defined(OSMEM_POLICIES_INDEX_ADDRESS_H)
#include "lens_address.h"
#elif defined(OSMEM_POLICIES_BUDDY_MAPS_H)
#include "lens_buddy.h"
#else
#include "lens_other.h"
#endif

#ifdef OSMEM_POLICIES_ENGINE_H
/* The engine keeps it for every policy; whether it matters, lens_is() tells. */
static const char *rover(const void *state)
{
	const struct engine *e = state;

	return e->rover;
}
#else
static const char *rover(const void *state)
{
	(void)state;
	return NULL;
}
#endif

#ifdef OSM_SCAN
#define LENS_IS_SCAN true
#else
#define LENS_IS_SCAN false
#endif

#define LENS_PASTE_(a, b) a##b
#define LENS_PASTE(a, b) LENS_PASTE_(a, b)
#define LENS_SYMBOL_(name) OSM_POLICY_SYMBOL(name)
#define LENS_SYMBOL LENS_SYMBOL_(LENS_POLICY)
#define LENS_OF LENS_PASTE(lens_of_, LENS_SYMBOL)

extern const struct lens LENS_OF;
const struct lens LENS_OF = {
	.policy = &LENS_SYMBOL,
	.is_scan = LENS_IS_SCAN,
	.rover = rover,
	.index = report_index,
};
