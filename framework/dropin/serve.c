/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs serve up to CLASS_MAX bytes, the heap the rest and what slabs cannot. The order of calls and of their notes is
 * modelled in tests/models/recorder.pml.
 */
#include "framework/dropin/serve.h"

#include <string.h>

#include "framework/dropin/central.h"
#include "framework/dropin/front.h"
#include "framework/dropin/process.h"
#include "framework/dropin/recorder.h"
#include "framework/port.h"

/* A slab's block of so many bytes; NULL: the heap must serve. */
static void *from_slab(size_t room)
{
	size_t class = room <= CLASS_MAX ? class_of(room) : 0;
	struct link *first = front_thread.lists[class] ? front_take(&front_thread.lists[class]) : NULL;

	return first || class == 0 ? first : front_refill(class);
}

/* Blocks of a slab lie at multiples of their size, so a size that is a multiple of the alignment serves. */
static void *aligned_from_slab(size_t align, size_t n)
{
	size_t room = slab_room(n), rounded;

	if (align > CLASS_MAX || room > CLASS_MAX)
		return NULL;
	rounded = (room + align - 1) & ~(align - 1);
	if (rounded > CLASS_MAX || class_size(class_of(rounded)) % align != 0)
		return NULL;
	return from_slab(rounded);
}

void *serve_alloc(const char *call, size_t align, size_t n)
{
	void *p = aligned_from_slab(align, n);

	if (p)
		return p;
	p = central_alloc(call, align, n);
	if (align == 1)
		recorder_alloc(p, n);
	else
		recorder_aligned(p, align, n);
	return p;
}

void *serve_calloc(const char *call, size_t count, size_t each)
{
	size_t n = count && each ? count * each : 1;
	void *p = from_slab(slab_room(n));

	if (p)
		return memset(p, 0, n);
	p = central_calloc(call, n);
	recorder_calloc(p, count, each);
	return p;
}

/* Is what points into a slab a live block? Told if not. Level 0 does not look. */
static bool is_live(const char *call, const void *p)
{
	if (HARDENING == 0 || slab_has_live(slab_of(p), p))
		return true;
	front_refuse(call, p);
	return false;
}

void serve_free(const char *call, void *p)
{
	if (!p || front_push(p))
		return;
	if (slab_holds(p)) {
		if (is_live(call, p))
			front_free_foreign(slab_of(p), p);
		return;
	}
	if (!process_started())
		return;
	recorder_free(p);
	central_free(call, p);
}

static void *realloc_recorded(const char *call, void *p, size_t n)
{
	uint32_t site = recorder_move_begin();
	void *q = central_realloc(call, p, n);

	recorder_move_end(p, q, n, site);
	return q;
}

/*
 * A slab's block stays while it fits and at least half of it is used. One that grows by little is likely to grow again,
 * and gets an eighth more.
 */
static void *realloc_in_slab(const char *call, void *p, size_t n)
{
	size_t size = slab_of(p)->size;
	void *q;

	if (!is_live(call, p))
		return NULL;
	if (n <= size && n >= size / 2)
		return p;
	q = serve_alloc(call, 1, n > size && n - size < size / 4 ? n + n / 8 : n);
	if (!q)
		return NULL;
	memcpy(q, p, n < size ? n : size);
	serve_free(call, p);
	return q;
}

void *serve_realloc(const char *call, void *p, size_t n)
{
	if (slab_holds(p))
		return realloc_in_slab(call, p, n);
	return recorder_runs() ? realloc_recorded(call, p, n) : central_realloc(call, p, n);
}

size_t serve_usable_size(const char *call, const void *p)
{
	if (p && slab_holds(p))
		return is_live(call, p) ? slab_of(p)->size : 0;
	return p ? central_usable_size(call, p) : 0;
}
