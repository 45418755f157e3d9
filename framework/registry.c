/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every policy and every backend by name: the tables made from the .def files.
 */
#include <osmem/heap.h>
#include <osmem/mock.h>

#include "policies/list.h"

#define BACKEND(name, type) extern struct type osm_##name;
#include "backends/backends.def"

#define BACKEND(name, type) (struct osm_backend *)&osm_##name,
static struct osm_backend *const all_backends[] = {
#include "backends/backends.def"
	NULL,
};

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct osm_policy *const *osm_policies(void)
{
	return all_policies;
}

const struct osm_policy *osm_policy_find(const char *name, const char *layout)
{
	for (const struct osm_policy *const *p = all_policies; *p; p++)
		if (same_text((*p)->name, name) && (!layout || same_text((*p)->layout, layout)))
			return *p;
	return NULL;
}

struct osm_backend *const *osm_backends(void)
{
	return all_backends;
}

struct osm_backend *osm_backend_find(const char *name)
{
	for (struct osm_backend *const *b = all_backends; *b; b++)
		if (same_text((*b)->name, name))
			return *b;
	return NULL;
}
