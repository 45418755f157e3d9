/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kept mappings: a short list of ranges of pages in address order. Neighbours are joined, a request takes the
 * beginning of the smallest that suffices. A mapping that grows takes the kept range behind it, if that is enough;
 * else the system moves it.
 *
 * The bound on what is kept follows the program: a fourth of what is mapped and live, at least KEEP_MIN. When it is
 * passed, the ranges that have waited longest go back to the system.
 */
#include "framework/dropin/keep.h"

#include <stdint.h>
#include <string.h>

enum { RANGES = 64 };

#define KEEP_MIN ((size_t)8 << 20)

struct range {
	char *start;
	size_t bytes;
	unsigned stamp; /* when it was last added to */
};

static struct osm_backend wrapper;
static struct osm_backend *inner;
static struct range ranges[RANGES];
static size_t count, kept, live; /* ranges; bytes */
static unsigned stamps;
static bool is_allowed, was_fresh;

static size_t to_pages(size_t n)
{
	return (n + inner->page_size - 1) & ~(inner->page_size - 1);
}

static void range_remove(size_t i)
{
	count--;
	memmove(&ranges[i], &ranges[i + 1], (count - i) * sizeof *ranges);
}

static void evict(size_t i)
{
	kept -= ranges[i].bytes;
	inner->unmap(inner, ranges[i].start, ranges[i].bytes);
	range_remove(i);
}

static void evict_oldest(void)
{
	size_t oldest = 0;

	for (size_t i = 1; i < count; i++)
		if (stamps - ranges[i].stamp > stamps - ranges[oldest].stamp)
			oldest = i;
	evict(oldest);
}

/* The first range that begins at p or above. */
static size_t range_above(const char *p)
{
	size_t i = 0;

	while (i < count && ranges[i].start < p)
		i++;
	return i;
}

static void add(char *start, size_t bytes)
{
	size_t i;

	if (count == RANGES)
		evict_oldest();
	i = range_above(start);
	kept += bytes;
	if (i > 0 && ranges[i - 1].start + ranges[i - 1].bytes == start) {
		ranges[--i].bytes += bytes;
	} else {
		memmove(&ranges[i + 1], &ranges[i], (count - i) * sizeof *ranges);
		ranges[i] = (struct range){.start = start, .bytes = bytes};
		count++;
	}
	ranges[i].stamp = ++stamps;
	if (i + 1 < count && ranges[i].start + ranges[i].bytes == ranges[i + 1].start) {
		ranges[i].bytes += ranges[i + 1].bytes;
		range_remove(i + 1);
	}
	while (kept > KEEP_MIN && kept > live / 4)
		evict_oldest();
}

/* Take the beginning of a range. */
static char *take(size_t i, size_t bytes)
{
	char *start = ranges[i].start;

	kept -= bytes;
	ranges[i].start += bytes;
	ranges[i].bytes -= bytes;
	if (ranges[i].bytes == 0)
		range_remove(i);
	return start;
}

static void *keep_map(struct osm_backend *self, size_t n, size_t align)
{
	size_t bytes = to_pages(n), best = RANGES;
	void *p;

	(void)self;
	was_fresh = true;
	if (is_allowed && align <= inner->page_size && bytes >= n)
		for (size_t i = 0; i < count; i++)
			if (ranges[i].bytes >= bytes && (best == RANGES || ranges[i].bytes < ranges[best].bytes))
				best = i;
	if (best != RANGES) {
		was_fresh = false;
		live += bytes;
		return take(best, bytes);
	}
	p = inner->map(inner, n, align);
	if (!p && count > 0) {
		/* Better the kept ones than none at all. */
		keep_release();
		p = inner->map(inner, n, align);
	}
	if (p)
		live += bytes;
	return p;
}

static void keep_unmap(struct osm_backend *self, void *p, size_t n)
{
	(void)self;
	live -= to_pages(n);
	add(p, to_pages(n));
}

static void *keep_remap(struct osm_backend *self, void *p, size_t from, size_t to)
{
	size_t old = to_pages(from), new = to_pages(to), i;
	void *moved = p;

	(void)self;
	if (new > old) {
		i = range_above((char *)p + old);
		if (i < count && ranges[i].start == (char *)p + old && ranges[i].bytes >= new - old)
			take(i, new - old);
		else
			moved = inner->remap(inner, p, old, new);
	} else if (new < old) {
		add((char *)p + new, old - new);
	}
	if (moved)
		live += new - old;
	return moved;
}

static void *keep_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	(void)self;
	return inner->grow(inner, end, n, reach);
}

static void keep_release_region(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	(void)self;
	inner->release(inner, start, n, reach);
}

struct osm_backend *keep_over(struct osm_backend *backend)
{
	unsigned system = OSM_PROMISE_MAP_ZEROED | OSM_PROMISE_MAP_LAZY;

	if ((backend->promises & system) != system || !backend->remap)
		return backend;
	inner = backend;
	wrapper = *backend;
	wrapper.grow = keep_grow;
	wrapper.map = keep_map;
	wrapper.unmap = keep_unmap;
	wrapper.remap = keep_remap;
	wrapper.release = backend->release ? keep_release_region : NULL;
	return &wrapper;
}

void keep_allow(void)
{
	is_allowed = true;
}

bool keep_forbid(void)
{
	is_allowed = false;
	return was_fresh;
}

bool keep_release(void)
{
	bool any = count > 0;

	while (count > 0)
		evict(count - 1);
	return any;
}
