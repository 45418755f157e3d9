/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each call of the family means, in terms of the shared heap.
 */
#include "framework/dropin/family.h"

#include "framework/dropin/central.h"
#include "framework/dropin/process.h"
#include "framework/dropin/recorder.h"
#include "framework/port.h"

static void *out_of_memory(void)
{
	osm_port_set_errno(OSM_ENOMEM);
	return NULL;
}

/* A request of no bytes gets a block of its own. */
static size_t at_least_one(size_t n)
{
	return n ? n : 1;
}

void *family_malloc(size_t n)
{
	void *p;

	if (!process_started())
		return out_of_memory();
	p = central_alloc("malloc", 1, at_least_one(n));
	recorder_alloc(p, n);
	return p;
}

void *family_calloc(size_t count, size_t n)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, n, &bytes) || !process_started())
		return out_of_memory();
	p = central_calloc("calloc", at_least_one(bytes));
	recorder_alloc(p, bytes);
	return p;
}

void family_free(void *p)
{
	if (!p)
		return;
	if (!process_started())
		return;
	recorder_free(p);
	central_free("free", p);
}

static void *realloc_recorded(void *p, size_t n)
{
	void *q;

	recorder_lock();
	q = central_realloc("realloc", p, n);
	if (q)
		recorder_moved(p, q, n);
	recorder_unlock();
	return q;
}

void *family_realloc(void *p, size_t n)
{
	if (!p)
		return family_malloc(n);
	if (n == 0) {
		family_free(p);
		return NULL;
	}
	if (!process_started())
		return out_of_memory();
	return recorder_runs() ? realloc_recorded(p, n) : central_realloc("realloc", p, n);
}

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

void *family_aligned(const char *call, size_t align, size_t n)
{
	void *p;

	if (!is_power_of_two(align)) {
		osm_port_set_errno(OSM_EINVAL);
		return NULL;
	}
	if (!process_started())
		return out_of_memory();
	p = central_alloc(call, align, at_least_one(n));
	recorder_aligned(p, align, n);
	return p;
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
	return p && process_started() ? central_usable_size("malloc_usable_size", p) : 0;
}

size_t family_page_size(void)
{
	return process_started() ? process_options()->backend->page_size : OSM_PAGE_SIZE;
}
