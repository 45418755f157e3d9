/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mappings with fences. Each takes two pages more of addresses, and three of the system's records where it took one; when
 * the system has no more of them (65530 by default), a mapping goes without.
 */
#define _GNU_SOURCE
#include "framework/dropin/fence.h"

#include <stdint.h>
#include <sys/mman.h>

enum { WAITING = 64 }; /* mappings that nobody may touch, and that the system has not got back yet */

static struct osm_backend wrapper;
static struct osm_backend *inner;
static struct {
	char *start;
	size_t bytes;
} waiting[WAITING];
static unsigned next; /* the oldest */

static size_t to_pages(size_t n)
{
	return (n + inner->page_size - 1) & ~(inner->page_size - 1);
}

bool fence_release(void)
{
	bool any = false;

	for (unsigned i = 0; i < WAITING; i++) {
		if (!waiting[i].start)
			continue;
		inner->unmap(inner, waiting[i].start, waiting[i].bytes);
		waiting[i].start = NULL;
		any = true;
	}
	return any;
}

static void *fence_map(struct osm_backend *self, size_t n, size_t align)
{
	size_t page = inner->page_size, bytes = to_pages(n);
	char *p;

	(void)self;
	if (align > page || n > PTRDIFF_MAX - 4 * page)
		return NULL;
	p = inner->map(inner, bytes + 2 * page, page);
	if (!p)
		return NULL;
	mprotect(p, page, PROT_NONE);
	mprotect(p + page + bytes, page, PROT_NONE);
	return p + page;
}

static void fence_unmap(struct osm_backend *self, void *p, size_t n)
{
	size_t page = inner->page_size, bytes = to_pages(n) + 2 * page;
	char *start = (char *)p - page;

	(void)self;
	/* Without its contents it costs addresses only. */
	madvise(start, bytes, MADV_DONTNEED);
	if (mprotect(start, bytes, PROT_NONE) != 0) {
		inner->unmap(inner, start, bytes);
		return;
	}
	if (waiting[next].start)
		inner->unmap(inner, waiting[next].start, waiting[next].bytes);
	waiting[next].start = start;
	waiting[next].bytes = bytes;
	next = (next + 1) % WAITING;
}

static void *fence_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	(void)self;
	return inner->grow(inner, end, n, reach);
}

static void fence_release_region(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	(void)self;
	inner->release(inner, start, n, reach);
}

struct osm_backend *fence_over(struct osm_backend *backend)
{
	unsigned system = OSM_PROMISE_MAP_ZEROED | OSM_PROMISE_MAP_LAZY;

	if ((backend->promises & system) != system)
		return backend;
	inner = backend;
	wrapper = *backend;
	wrapper.grow = fence_grow;
	wrapper.map = fence_map;
	wrapper.unmap = fence_unmap;
	wrapper.remap = NULL;
	wrapper.release = backend->release ? fence_release_region : NULL;
	return &wrapper;
}
