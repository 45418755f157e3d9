/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mappings only: a region is a large range of addresses, reserved without memory and committed page by page as it grows,
 * so that a heap stays one contiguous region. When the system refuses a reservation, half of it is asked for, and so on.
 *
 *     | committed: read and write .......... | reserved: no access ............................ |
 *     ^ region                               ^ its end, rounded up to a page                    ^ + reach
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <osmem/backend.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "backends/system.h"
#include "framework/port.h"

#define REACH_MAX ((size_t)1 << (sizeof(size_t) == 8 ? 36 : 28))

static size_t round_to_page(size_t n)
{
	return (n + OSM_PAGE_SIZE - 1) & ~(OSM_PAGE_SIZE - 1);
}

static void *fail(void)
{
	errno = ENOMEM;
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

/* Commit what lies between two page-rounded ends. */
static bool commit(char *from, char *to)
{
	return from == to || mprotect(from, (size_t)(to - from), PROT_READ | PROT_WRITE) == 0;
}

static void *mmap_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	char *from = end;

	(void)self;
	if (n > PTRDIFF_MAX - OSM_PAGE_SIZE)
		return fail();
	if (!end) {
		from = reserve(round_to_page(n), reach);
		if (!from)
			return fail();
		if (!commit(from, from + round_to_page(n))) {
			munmap(from, *reach);
			return fail();
		}
		return from;
	}
	if (!commit((char *)round_to_page((uintptr_t)from), (char *)round_to_page((uintptr_t)from + n)))
		return fail();
	return from;
}

static void mmap_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	(void)self;
	(void)n;
	munmap(start, reach);
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
};
