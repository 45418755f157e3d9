/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mappings only: a region is a large range of addresses, reserved without memory and committed as it grows, so that a
 * heap stays one contiguous region. When the system refuses a reservation, half of it is asked for, and so on.
 *
 *     | committed: read and write ..................................... | reserved: no access ....... |
 *     | the region ................. | populated: pages are there |
 *     ^ start                        ^ its end                         ^ committed                    ^ limit
 *
 * Two things run ahead of the region's end, so that growth in small steps costs few system calls and few page faults:
 *  - commitment, by an eighth of the region and at least 1 MiB: that is bookkeeping and costs no memory. If so much is
 *    refused, exactly the step that was asked for is tried;
 *  - pages, by a quarter of the region and at most 16 KiB: four at once cost a third of what as many page faults do. A
 *    step gets all its pages, up to an eighth of the region; what is beyond is touched who knows when.
 *
 * The contract names a region by its end alone, so a table tells how far ahead each is. A region that finds no room in it
 * is committed exactly, page by page.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <osmem/backend.h>
#include <stdint.h>
#include <sys/mman.h>

#include "backends/system.h"
#include "framework/port.h"

#define REACH_MAX ((size_t)1 << (sizeof(size_t) == 8 ? 36 : 28))

#define COMMIT_LEAST ((size_t)1 << 20)
#define POPULATE_MOST ((size_t)16 << 10)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* How far a region is ahead; each but `start` lies on a page boundary, which `start` of a mapping does as well. */
struct ahead {
	char *start; /* NULL: the place is free */
	char *limit, *committed, *populated;
};

enum { PLACES = 64 };

static struct {
	struct osm_lock lock;
	struct ahead places[PLACES];
} table = {.lock = OSM_LOCK_INITIAL};

static size_t round_to_page(size_t n)
{
	return (n + OSM_PAGE_SIZE - 1) & ~(OSM_PAGE_SIZE - 1);
}

static char *page_at(const char *p)
{
	return (char *)round_to_page((uintptr_t)p);
}

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t most_of(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void *fail(void)
{
	errno = ENOMEM;
	return NULL;
}

/* The place of the region that ends at `end`, or NULL. Regions lie apart, and none ends beyond its commitment. */
static struct ahead *place_of(const char *end)
{
	for (struct ahead *a = table.places; a < table.places + PLACES; a++)
		if (a->start && a->start < end && end <= a->committed)
			return a;
	return NULL;
}

/* A place for a region that begins; NULL: all are taken. */
static struct ahead *place_take(char *start, size_t reach)
{
	for (struct ahead *a = table.places; a < table.places + PLACES; a++) {
		if (!a->start) {
			*a = (struct ahead){start, start + reach, start, start};
			return a;
		}
	}
	return NULL;
}

static char *reserve(size_t n, size_t *reach)
{
	for (size_t size = n < REACH_MAX ? REACH_MAX : n;; size = size / 2 < n ? n : size / 2) {
		void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p != MAP_FAILED) {
			*reach = size;
			return p;
		}
		if (size == n)
			return NULL;
	}
}

/* Commit what lies between two page boundaries. */
static bool commit(char *from, char *to)
{
	return from >= to || mprotect(from, (size_t)(to - from), PROT_READ | PROT_WRITE) == 0;
}

/* Commit up to `to`, and ahead of it if that is granted. */
static bool commit_ahead(struct ahead *a, char *to)
{
	size_t step = most_of(COMMIT_LEAST, round_to_page((size_t)(to - a->start) / 8));
	char *beyond = to + least_of(step, (size_t)(a->limit - to));

	if (to <= a->committed)
		return true;
	if (!commit(a->committed, beyond)) {
		beyond = to;
		if (!commit(a->committed, to))
			return false;
	}
	a->committed = beyond;
	return true;
}

/* How many bytes of pages to populate from `a->populated` on, now that the region ends at `to`. */
static size_t populate_ahead(struct ahead *a, char *from, char *to)
{
	size_t span = (size_t)(to - a->start);
	size_t ahead = least_of(POPULATE_MOST, round_to_page(span / 4));
	size_t most = most_of(POPULATE_MOST, round_to_page(span / 8));
	char *first = a->populated > from ? a->populated : from, *last;

	if (to <= first)
		return 0;
	last = to + least_of(ahead, (size_t)(a->committed - to));
	if ((size_t)(last - first) > most)
		last = first + most;
	a->populated = last > to ? last : to;
	return (size_t)(last - first);
}

/* Have pages there before they are touched. A kernel that does not know how leaves that to page faults. */
static void populate(char *first, size_t bytes)
{
	int kept = errno;

	if (bytes)
		madvise(first, bytes, MADV_POPULATE_WRITE);
	errno = kept;
}

static void *extend(char *end, size_t n)
{
	char *from = page_at(end), *to = page_at(end + n), *first = from;
	struct ahead *a;
	size_t bytes = 0;
	bool done;

	osm_lock(&table.lock);
	a = place_of(end);
	done = a ? commit_ahead(a, to) : commit(from, to);
	if (a && done) {
		first = a->populated > from ? a->populated : from;
		bytes = populate_ahead(a, from, to);
	}
	osm_unlock(&table.lock);
	if (!done)
		return fail();
	populate(first, bytes);
	return end;
}

static void *begin(size_t n, size_t *reach)
{
	char *start = reserve(round_to_page(n), reach), *to;
	struct ahead *a;
	size_t bytes = 0;
	bool done;

	if (!start)
		return fail();
	to = start + round_to_page(n);
	osm_lock(&table.lock);
	a = place_take(start, *reach);
	done = a ? commit_ahead(a, to) : commit(start, to);
	if (a && done)
		bytes = populate_ahead(a, start, to);
	else if (a)
		a->start = NULL;
	osm_unlock(&table.lock);
	if (!done) {
		munmap(start, *reach);
		return fail();
	}
	populate(start, bytes);
	return start;
}

static void *mmap_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	(void)self;
	if (n > PTRDIFF_MAX - OSM_PAGE_SIZE)
		return fail();
	return end ? extend(end, n) : begin(n, reach);
}

static void mmap_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	(void)self;
	(void)n;
	osm_lock(&table.lock);
	for (struct ahead *a = table.places; a < table.places + PLACES; a++)
		if (a->start == start)
			a->start = NULL;
	osm_unlock(&table.lock);
	munmap(start, reach);
}

/* A fresh reservation takes the place of the pages, and of what was committed and populated ahead. */
static bool mmap_trim(struct osm_backend *self, void *end, size_t n)
{
	char *from = page_at((char *)end - n), *to = page_at(end);
	struct ahead *a;
	bool done;

	(void)self;
	osm_lock(&table.lock);
	a = place_of(end);
	if (a)
		to = a->committed;
	done = from == to ||
	       mmap(from, (size_t)(to - from), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == from;
	if (a && done) {
		a->committed = from;
		a->populated = a->populated < from ? a->populated : from;
	}
	osm_unlock(&table.lock);
	return done;
}

struct osm_backend osm_mmap = {
	.name = "mmap",
	.summary = "a large reservation, committed as the heap grows",
	.page_size = OSM_PAGE_SIZE,
	.promises = OSM_PROMISE_CONTIGUOUS | OSM_PROMISE_MAP_ZEROED | OSM_PROMISE_MAP_LAZY,
	.grow = mmap_grow,
	.map = osm_system_map,
	.unmap = osm_system_unmap,
	.remap = osm_system_remap,
	.release = mmap_release,
	.trim = mmap_trim,
	.purge = osm_system_purge,
};
