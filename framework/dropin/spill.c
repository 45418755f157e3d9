/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Once a region is the other backend's, so is each later one: only the newest region ever grows or is trimmed.
 */
#include "framework/dropin/spill.h"

#include <osmem/heap.h>
#include <stdbool.h>

static struct osm_backend wrapper;
static struct osm_backend *inner, *other;
static bool is_spilled;

static void *spill_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	void *got = NULL;

	(void)self;
	if (!is_spilled) {
		got = inner->grow(inner, end, n, reach);
		if (got || end)
			return got;
	}
	got = other->grow(other, end, n, reach);
	if (got)
		is_spilled = true;
	return got;
}

static bool spill_trim(struct osm_backend *self, void *end, size_t n)
{
	struct osm_backend *newest = is_spilled ? other : inner;

	(void)self;
	return newest->trim && newest->trim(newest, end, n);
}

struct osm_backend *spill_over(struct osm_backend *backend)
{
	other = osm_backend_find("mmap");
	if (!other || (backend->promises & OSM_PROMISE_CONTIGUOUS))
		return backend;
	inner = backend;
	wrapper = *backend;
	wrapper.grow = spill_grow;
	wrapper.trim = spill_trim;
	wrapper.release = NULL; /* the heap does not end before the process */
	return &wrapper;
}
