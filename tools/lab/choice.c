/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that say which heap: see choice.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tools/lab/choice.h"
#include "tools/osmem/cli.h"

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

/* Names one after the other, into a message. */
struct list {
	char text[400];
	size_t length;
};

static void list_add(struct list *list, const char *name)
{
	int n =
		snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s", list->length ? ", " : "", name);

	if (n > 0 && (size_t)n < sizeof list->text - list->length)
		list->length += (size_t)n;
}

static bool policy_choose(const struct choice *choice, struct setup *setup)
{
	const char *name = choice->policy ? choice->policy : CHOICE_POLICY;
	struct list list = {0};

	if (!osm_policy_find(name, NULL)) {
		for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++)
			if (*policy == osm_policy_find((*policy)->name, NULL))
				list_add(&list, (*policy)->name);
		cli_complain("--policy=%s: there is no such policy; there are %s", name, list.text);
		return false;
	}
	setup->policy = osm_policy_find(name, choice->layout ? choice->layout : CHOICE_LAYOUT);
	if (!setup->policy && !choice->layout)
		setup->policy = osm_policy_find(name, NULL);
	if (setup->policy)
		return true;
	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++)
		if (strcmp((*policy)->name, name) == 0)
			list_add(&list, (*policy)->layout);
	cli_complain("--layout=%s: %s does not have this layout; it has %s", choice->layout, name, list.text);
	return false;
}

static bool backend_choose(const struct choice *choice, struct setup *setup)
{
	struct list list = {0};

	setup->backend = choice->backend ? choice->backend : CHOICE_BACKEND;
	if (osm_backend_find(setup->backend))
		return true;
	for (struct osm_backend *const *backend = osm_backends(); *backend; backend++)
		list_add(&list, (*backend)->name);
	cli_complain("--backend=%s: there is no such backend; there are %s", setup->backend, list.text);
	return false;
}

static bool sizes_choose(const struct choice *choice, struct setup *setup)
{
	const struct osm_policy *policy = setup->policy;

	setup->granule = (size_t)choice->granule;
	if (setup->granule && (setup->granule < policy->granule_min || setup->granule > policy->granule_max ||
	                       (setup->granule & (setup->granule - 1)) != 0)) {
		cli_complain("--granule=%zu: %s with layout %s takes powers of two from %zu to %zu", setup->granule,
		             policy->name, policy->layout, policy->granule_min, policy->granule_max);
		return false;
	}
	if (choice->map && strcmp(choice->map, "never") == 0) {
		setup->map_threshold = SIZE_MAX;
	} else if (choice->map && (!choice_bytes(choice->map, &setup->map_threshold) || setup->map_threshold == 0)) {
		cli_complain("--map-threshold=%s: neither a number of bytes nor never", choice->map);
		return false;
	}
	return true;
}

bool choice_setup(const struct choice *choice, struct setup *setup)
{
	*setup = (struct setup){0};
	return policy_choose(choice, setup) && backend_choose(choice, setup) && sizes_choose(choice, setup);
}

void setup_json(struct json *json, const struct setup *setup)
{
	json_open(json, "heap", '{');
	json_text(json, "policy", setup->policy ? setup->policy->name : NULL);
	json_text(json, "layout", setup->policy ? setup->policy->layout : NULL);
	json_text(json, "backend", setup->backend);
	json_number(json, "granule", setup->granule != 0, (double)setup->granule);
	json_number(json, "map_threshold", setup->map_threshold != 0 && setup->map_threshold != SIZE_MAX,
	            (double)setup->map_threshold);
	json_flag(json, "maps", setup->map_threshold != SIZE_MAX);
	json_close(json, '}');
}
