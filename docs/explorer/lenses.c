/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of all lenses, from the lists of policies and layouts.
 */
#include "lens.h"

#include "policies/layouts.def"

#define DECLARE(policy, layout) \
	extern const struct lens lens_of_osm_##policy##_##layout, lens_of_osm_##policy##_scan_##layout;
#define FIT_POLICY(policy) FOR_EACH_LAYOUT(DECLARE, policy)
#define OWN_POLICY(policy) extern const struct lens lens_of_osm_##policy;
#include "policies/policies.def"

#define LIST(policy, layout) &lens_of_osm_##policy##_##layout, &lens_of_osm_##policy##_scan_##layout,
#define FIT_POLICY(policy) FOR_EACH_LAYOUT(LIST, policy)
#define OWN_POLICY(policy) &lens_of_osm_##policy,
const struct lens *const lenses[] = {
#include "policies/policies.def"
	NULL,
};

bool lens_is(const struct lens *lens, const char *beginning)
{
	const char *name = lens->policy->name;

	while (*beginning && *name == *beginning) {
		name++;
		beginning++;
	}
	return !*beginning;
}
