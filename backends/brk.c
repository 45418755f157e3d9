/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program break: regions by sbrk, mappings by mmap.
 *
 * The break belongs to the whole process. Anybody may move it at any time (the C library's malloc does), so it is looked
 * at before each growth and the answer is looked at after; if somebody was there, the heap gets a fresh region. Bytes
 * that were bought in vain because of that are kept and serve the next fresh region. One lock serialises all heaps on
 * this backend; it cannot keep out a program that moves the break in another thread at the same moment.
 */
#define _DEFAULT_SOURCE
#include <osmem/backend.h>
#include <stdint.h>
#include <unistd.h>

#include "backends/system.h"
#include "framework/port.h"

#define BREAK_FAILED ((char *)-1)
#define ALIGN ((size_t)16)

/* A region may span this much; what is really to be had the kernel tells. */
#define REACH ((size_t)1 << (sizeof(size_t) == 8 ? 36 : 28))

static struct {
	struct osm_lock lock;
	char *start, *end; /* bought and in no region */
} spare = {.lock = OSM_LOCK_INITIAL};

static void *fail(void)
{
	errno = ENOMEM;
	return NULL;
}

static void *extend(char *end, size_t n)
{
	char *got;

	if (sbrk(0) != end)
		return fail();
	got = sbrk((intptr_t)n);
	if (got == BREAK_FAILED)
		return fail();
	if (got == end)
		return end;
	spare.start = got;
	spare.end = got + n;
	return fail();
}

static void *begin(size_t n)
{
	size_t pad;
	char *at;

	if (spare.start) {
		at = spare.start + (-(uintptr_t)spare.start & (ALIGN - 1));
		if (at <= spare.end && n <= (size_t)(spare.end - at)) {
			spare.start = NULL;
			return at;
		}
	}
	at = sbrk(0);
	if (at == BREAK_FAILED)
		return fail();
	pad = -(uintptr_t)at & (ALIGN - 1);
	at = sbrk((intptr_t)(n + pad));
	if (at == BREAK_FAILED)
		return fail();
	pad = -(uintptr_t)at & (ALIGN - 1);
	return at + pad;
}

static void *brk_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	void *got = NULL;

	(void)self;
	if (n > REACH)
		return fail();
	osm_lock(&spare.lock);
	got = end ? extend(end, n) : begin(n);
	osm_unlock(&spare.lock);
	if (!end)
		*reach = REACH;
	return got;
}

static void brk_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	(void)self;
	(void)reach;
	osm_lock(&spare.lock);
	if (sbrk(0) == (char *)start + n)
		sbrk(-(intptr_t)n);
	osm_unlock(&spare.lock);
}

/* Whoever moved the break up between the look at it and the answer gets the bytes back that were taken from him. */
static bool brk_trim(struct osm_backend *self, void *end, size_t n)
{
	char *was = BREAK_FAILED;

	(void)self;
	osm_lock(&spare.lock);
	if (sbrk(0) == end)
		was = sbrk(-(intptr_t)n);
	if (was != BREAK_FAILED && was != end)
		sbrk((intptr_t)n);
	osm_unlock(&spare.lock);
	return was == end;
}

struct osm_backend osm_brk = {
	.name = "brk",
	.summary = "the program break, as the C library's sbrk moves it",
	.page_size = OSM_PAGE_SIZE,
	.promises = OSM_PROMISE_MAP_ZEROED | OSM_PROMISE_MAP_LAZY,
	.grow = brk_grow,
	.map = osm_system_map,
	.unmap = osm_system_unmap,
	.remap = osm_system_remap,
	.release = brk_release,
	.trim = brk_trim,
	.purge = osm_system_purge,
};
