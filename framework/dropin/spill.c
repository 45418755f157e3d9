/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Once a region is the other backend's, so is each later one. Only the newest that the policy took over grows or is trimmed,
 * and that may be one of this backend's still, if the other's lie out of the policy's reach: its end tells.
 */
#include "framework/dropin/spill.h"

#include <osmem/heap.h>
#include <stdbool.h>

static struct osm_backend wrapper;
static struct osm_backend *inner, *other;
static char *other_end; /* of the other's newest region; NULL: there is none */

static void *spill_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	char *got = NULL;

	(void)self;
	if (end ? end != other_end : !other_end) {
		got = inner->grow(inner, end, n, reach);
		if (got || end)
			return got;
	}
	got = other->grow(other, end, n, reach);
	if (got)
		other_end = got + n;
	return got;
}

static bool spill_trim(struct osm_backend *self, void *end, size_t n)
{
	struct osm_backend *backend = end == other_end ? other : inner;
	bool done = backend->trim && backend->trim(backend, end, n);

	(void)self;
	if (done && backend == other)
		other_end -= n;
	return done;
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
