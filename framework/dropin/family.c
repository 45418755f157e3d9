/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each call of the family means: sizes of 0, sizes that overflow, alignments, errno.
 */
#include "framework/dropin/family.h"

#include "framework/dropin/guard.h"
#include "framework/dropin/process.h"
#include "framework/port.h"

static void *out_of_memory(void)
{
	osm_port_set_errno(OSM_ENOMEM);
	return NULL;
}

void *family_malloc(size_t n)
{
	return process_started() ? guard_alloc("malloc", 1, n) : out_of_memory();
}

void *family_calloc(size_t count, size_t n)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, n, &bytes) || !process_started())
		return out_of_memory();
	return guard_calloc("calloc", count, n);
}

void family_free(void *p)
{
	guard_free("free", p);
}

void *family_realloc(void *p, size_t n)
{
	if (!p)
		return family_malloc(n);
	if (n == 0) {
		guard_free("realloc", p);
		return NULL;
	}
	return process_started() ? guard_realloc("realloc", p, n) : out_of_memory();
}

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

void *family_aligned(const char *call, size_t align, size_t n)
{
	if (!is_power_of_two(align)) {
		osm_port_set_errno(OSM_EINVAL);
		return NULL;
	}
	return process_started() ? guard_alloc(call, align, n) : out_of_memory();
}

int family_posix_memalign(void **result, size_t align, size_t n)
{
	int kept = osm_port_errno();
	void *p;

	if (!is_power_of_two(align) || align % sizeof(void *) != 0)
		return OSM_EINVAL;
	p = family_aligned("posix_memalign", align, n);
	osm_port_set_errno(kept);
	if (!p)
		return OSM_ENOMEM;
	*result = p;
	return 0;
}

size_t family_usable_size(const void *p)
{
	return process_started() ? guard_usable_size("malloc_usable_size", p) : 0;
}

size_t family_page_size(void)
{
	return process_started() ? process_options()->backend->page_size : OSM_PAGE_SIZE;
}
