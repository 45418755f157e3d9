/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stand-alone mappings by mmap, munmap and, where there is one, mremap; pages given back by madvise.
 */
#define _GNU_SOURCE
#include "backends/system.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

static void *map_pages(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		errno = ENOMEM;
		return NULL;
	}
	return p;
}

void *osm_system_map(struct osm_backend *self, size_t n, size_t align)
{
	size_t page = self->page_size;
	char *p, *aligned, *end;

	if (align <= page)
		return map_pages(n);
	if (n > PTRDIFF_MAX - page - align) {
		errno = ENOMEM;
		return NULL;
	}
	n = (n + page - 1) & ~(page - 1);
	p = map_pages(n + align);
	if (!p)
		return NULL;
	aligned = p + (-(uintptr_t)p & (align - 1));
	end = p + n + align;
	if (aligned > p)
		munmap(p, (size_t)(aligned - p));
	munmap(aligned + n, (size_t)(end - aligned) - n);
	return aligned;
}

void osm_system_unmap(struct osm_backend *self, void *p, size_t n)
{
	(void)self;
	munmap(p, n);
}

void *osm_system_remap(struct osm_backend *self, void *p, size_t from, size_t to)
{
	void *moved = mremap(p, from, to, MREMAP_MAYMOVE);

	(void)self;
	if (moved == MAP_FAILED) {
		errno = ENOMEM;
		return NULL;
	}
	return moved;
}

/* MADV_DONTNEED and not MADV_FREE: with that the pages would count as resident until the system runs short of memory. */
bool osm_system_purge(struct osm_backend *self, void *p, size_t n)
{
	(void)self;
	return madvise(p, n, MADV_DONTNEED) == 0;
}
