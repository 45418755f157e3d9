/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that say which heap: see choice.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tools/lab/choice.h"

bool choice_bytes(const char *text, size_t *bytes)
{
	static const char units[] = "KMG";
	size_t n = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		size_t digit = (size_t)(*text - '0');
		if (n > (PTRDIFF_MAX - digit) / 10)
			return false;
		n = 10 * n + digit;
	}
	const char *unit = *text ? strchr(units, toupper((unsigned char)*text)) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	if ((*text && !unit) || (unit && text[1]) || n > (size_t)PTRDIFF_MAX >> shift)
		return false;
	*bytes = n << shift;
	return true;
}

/* The names, each once, behind a message. */
static void name_policies(void)
{
	const char *before = "";

	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++) {
		if (strcmp((*policy)->name, before) != 0)
			fprintf(stderr, " %s", (*policy)->name);
		before = (*policy)->name;
	}
	fputc('\n', stderr);
}

static bool policy_choose(const struct choice *choice, struct setup *setup)
{
	const char *name = choice->policy ? choice->policy : CHOICE_POLICY;

	if (!osm_policy_find(name, NULL)) {
		fprintf(stderr, "osmem: --policy=%s: there is no such policy; there are:", name);
		name_policies();
		return false;
	}
	setup->policy = osm_policy_find(name, choice->layout ? choice->layout : CHOICE_LAYOUT);
	if (!setup->policy && !choice->layout)
		setup->policy = osm_policy_find(name, NULL);
	if (setup->policy)
		return true;
	fprintf(stderr, "osmem: --layout=%s: %s has no such layout; it has:", choice->layout, name);
	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++)
		if (strcmp((*policy)->name, name) == 0)
			fprintf(stderr, " %s", (*policy)->layout);
	fputc('\n', stderr);
	return false;
}

bool choice_setup(const struct choice *choice, struct setup *setup)
{
	*setup = (struct setup){.backend = choice->backend ? choice->backend : CHOICE_BACKEND};
	if (!policy_choose(choice, setup))
		return false;
	if (!osm_backend_find(setup->backend)) {
		fprintf(stderr, "osmem: --backend=%s: there is no such backend; there are:", setup->backend);
		for (struct osm_backend *const *backend = osm_backends(); *backend; backend++)
			fprintf(stderr, " %s", (*backend)->name);
		fputc('\n', stderr);
		return false;
	}
	const struct osm_policy *policy = setup->policy;
	size_t granule;
	if (choice->granule) {
		if (!choice_bytes(choice->granule, &granule) || granule < policy->granule_min ||
		    granule > policy->granule_max || (granule & (granule - 1)) != 0) {
			fprintf(stderr, "osmem: --granule=%s: %s with %s takes powers of two from %zu to %zu\n", choice->granule,
			        policy->name, policy->layout, policy->granule_min, policy->granule_max);
			return false;
		}
		setup->granule = granule;
	}
	if (choice->map && strcmp(choice->map, "never") == 0) {
		setup->map_threshold = SIZE_MAX;
	} else if (choice->map && (!choice_bytes(choice->map, &setup->map_threshold) || setup->map_threshold == 0)) {
		fprintf(stderr, "osmem: --map-threshold=%s: neither a number of bytes nor never\n", choice->map);
		return false;
	}
	return true;
}
