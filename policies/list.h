/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of every policy in every layout, with its index and without, made from the .def files.
 */
#ifndef OSMEM_POLICIES_LIST_H
#define OSMEM_POLICIES_LIST_H

#include <osmem/policy.h>

#include "policies/layouts.def"

#define DECLARE(policy, layout) extern const struct osm_policy osm_##policy##_##layout, osm_##policy##_scan_##layout;
#define FIT_POLICY(policy) FOR_EACH_LAYOUT(DECLARE, policy)
#define OWN_POLICY(policy) extern const struct osm_policy osm_##policy;
#include "policies/policies.def"

#define LIST(policy, layout) &osm_##policy##_##layout, &osm_##policy##_scan_##layout,
#define FIT_POLICY(policy) FOR_EACH_LAYOUT(LIST, policy)
#define OWN_POLICY(policy) &osm_##policy,
static const struct osm_policy *const all_policies[] = {
#include "policies/policies.def"
	NULL,
};

#endif
