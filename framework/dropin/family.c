/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each call of the family means, in terms of the shared heap.
 */
#include "framework/dropin/family.h"

#include <string.h>

#include "framework/dropin/central.h"
#include "framework/dropin/front.h"
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

/* Up to CLASS_MAX bytes from a slab; NULL: the heap must serve. */
static void *from_slab(size_t n)
{
	size_t class = class_of(n);
	struct link *first = front_thread.lists[class] ? front_take(&front_thread.lists[class]) : NULL;

	return first ? first : front_refill(class);
}

void *family_malloc(size_t n)
{
	void *p = NULL;

	if (!process_started())
		return out_of_memory();
	if (n <= CLASS_MAX)
		p = from_slab(at_least_one(n));
	if (p)
		return p;
	p = central_alloc("malloc", 1, at_least_one(n));
	recorder_alloc(p, n);
	return p;
}

void *family_calloc(size_t count, size_t n)
{
	size_t bytes;
	void *p = NULL;

	if (__builtin_mul_overflow(count, n, &bytes) || !process_started())
		return out_of_memory();
	if (bytes <= CLASS_MAX)
		p = from_slab(at_least_one(bytes));
	if (p)
		return memset(p, 0, bytes);
	p = central_calloc("calloc", at_least_one(bytes));
	recorder_alloc(p, bytes);
	return p;
}

/* Is what points into a slab a live block? Told if not. Level 0 does not look. */
static bool is_live(const char *call, const void *p)
{
	if (!HARDENING || slab_has_live(slab_of(p), p))
		return true;
	front_refuse(call, p);
	return false;
}

void family_free(void *p)
{
	if (!p || front_push(p))
		return;
	if (slab_holds(p)) {
		if (is_live("free", p))
			front_free_foreign(slab_of(p), p);
		return;
	}
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

/*
 * A slab's block stays while it fits and at least half of it is used. One that grows by little is likely to grow again,
 * and gets an eighth more.
 */
static void *realloc_in_slab(void *p, size_t n)
{
	size_t size = slab_of(p)->size;
	void *q;

	if (!is_live("realloc", p))
		return NULL;
	if (n <= size && n >= size / 2)
		return p;
	q = family_malloc(n > size && n - size < size / 4 ? n + n / 8 : n);
	if (!q)
		return NULL;
	memcpy(q, p, n < size ? n : size);
	family_free(p);
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
	if (slab_holds(p))
		return realloc_in_slab(p, n);
	if (!process_started())
		return out_of_memory();
	return recorder_runs() ? realloc_recorded(p, n) : central_realloc("realloc", p, n);
}

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

/* Blocks of a slab lie at multiples of their size, so a size that is a multiple of the alignment serves. */
static void *aligned_from_slab(size_t align, size_t n)
{
	size_t rounded;

	if (align > CLASS_MAX || n > CLASS_MAX)
		return NULL;
	rounded = (n + align - 1) & ~(align - 1);
	if (rounded > CLASS_MAX || class_size(class_of(rounded)) % align != 0)
		return NULL;
	return from_slab(rounded);
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
	p = aligned_from_slab(align, at_least_one(n));
	if (p)
		return p;
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
	if (p && slab_holds(p))
		return is_live("malloc_usable_size", p) ? slab_of(p)->size : 0;
	return p && process_started() ? central_usable_size("malloc_usable_size", p) : 0;
}

size_t family_page_size(void)
{
	return process_started() ? process_options()->backend->page_size : OSM_PAGE_SIZE;
}
