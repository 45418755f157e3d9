/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linked into the tests of mutation testing in front of osm_policies(): of the policies only those that OSM_POLICIES in the
 * environment names, `first-fit/tag,buddy`, or all if it is not set. Where only these were changed, the others tell nothing.
 */
#include <osmem/heap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct osm_policy *const *__real_osm_policies(void);
const struct osm_policy *const *__wrap_osm_policies(void);

static bool is_in(const char *list, const char *name, const char *layout)
{
	char text[1024], with_layout[64], alone[64];

	snprintf(text, sizeof text, ",%s,", list);
	snprintf(with_layout, sizeof with_layout, ",%s/%s,", name, layout ? layout : "");
	snprintf(alone, sizeof alone, ",%s,", name);
	return strstr(text, with_layout) || strstr(text, alone);
}

const struct osm_policy *const *__wrap_osm_policies(void)
{
	static const struct osm_policy *wanted[256];
	const char *list = getenv("OSM_POLICIES");
	size_t count = 0;

	if (!list)
		return __real_osm_policies();
	for (const struct osm_policy *const *p = __real_osm_policies(); *p && count + 1 < 256; p++)
		if (is_in(list, (*p)->name, (*p)->layout))
			wanted[count++] = *p;
	wanted[count] = NULL;
	return wanted;
}
