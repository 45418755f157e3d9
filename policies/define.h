/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one symbol that a policy's file exports: `OSM_DEFINE_POLICY(best_fit) = { ... };`
 *
 * Built for the tables it is osm_best_fit_LAYOUT, osm_best_fit_scan_LAYOUT where OSM_SCAN leaves out the policy's index, or
 * osm_buddy for a policy without layouts. The default heap includes
 * the file of its policy and defines OSM_DEFINE_POLICY itself, so that the compiler sees every slot as a constant.
 */
#ifndef OSMEM_POLICIES_DEFINE_H
#define OSMEM_POLICIES_DEFINE_H

#include <osmem/policy.h>

#define OSM_QUOTE_(text) #text
#define OSM_QUOTE(text) OSM_QUOTE_(text)
#define OSM_PASTE_(a, b, c, d) a##b##c##d
#define OSM_PASTE(a, b, c, d) OSM_PASTE_(a, b, c, d)

#if defined(OSM_LAYOUT) && defined(OSM_SCAN)
#define OSM_POLICY_SYMBOL(name) OSM_PASTE(osm_, name, _scan_, OSM_LAYOUT)
#elif defined(OSM_LAYOUT)
#define OSM_POLICY_SYMBOL(name) OSM_PASTE(osm_, name, _, OSM_LAYOUT)
#else
#define OSM_POLICY_SYMBOL(name) osm_##name
#endif

#ifndef OSM_DEFINE_POLICY
#define OSM_DEFINE_POLICY(name)                             \
	extern const struct osm_policy OSM_POLICY_SYMBOL(name); \
	const struct osm_policy OSM_POLICY_SYMBOL(name)
#endif

#endif
