/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shadow: see shadow.h.
 */
#include "shadow.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ERRNO_UNTOUCHED 12345

void shadow_problem(struct shadow *shadow, const char *format, ...)
{
	va_list arguments;

	if (shadow->problem[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(shadow->problem, sizeof shadow->problem, format, arguments);
	va_end(arguments);
}

void shadow_assert(const struct shadow *shadow)
{
	if (shadow->problem[0] != '\0')
		fail_msg("%s", shadow->problem);
}

void shadow_begin(struct shadow *shadow, struct osm_heap *heap, size_t granule)
{
	memset(shadow, 0, sizeof *shadow);
	shadow->heap = heap;
	shadow->granule = granule ? granule : 16;
}

/* A byte that tells blocks and places within a block apart. */
static unsigned char pattern(const struct shadow_slot *slot, size_t i)
{
	return (unsigned char)(slot->fill + i * 7 + (i >> 8));
}

static void fill(struct shadow_slot *slot, size_t from)
{
	for (size_t i = from; i < slot->n; i++)
		slot->p[i] = pattern(slot, i);
}

static void verify(struct shadow *shadow, unsigned slot, const char *when)
{
	const struct shadow_slot *s = shadow->slots + slot;

	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i] != pattern(s, i)) {
			shadow_problem(shadow, "slot %u, %zu bytes at %p: byte %zu has changed %s", slot, s->n, (void *)s->p, i,
			               when);
			return;
		}
	}
}

/* Takes over what an allocating call gave; `what` names the call. */
static bool take(struct shadow *shadow, unsigned slot, void *p, size_t n, size_t align, const char *what)
{
	size_t usable;

	if (!p) {
		if (errno != ENOMEM)
			shadow_problem(shadow, "%s of %zu bytes gives NULL with errno %d", what, n, errno);
		return false;
	}
	usable = osm_heap_usable_size(shadow->heap, p);
	if (usable < n)
		shadow_problem(shadow, "%s of %zu bytes: %zu are usable", what, n, usable);
	if ((uintptr_t)p % shadow->granule != 0 || (uintptr_t)p % align != 0)
		shadow_problem(shadow, "%s of %zu bytes: %p is not aligned to %zu", what, n, p, align);
	if (!osm_heap_owns(shadow->heap, p))
		shadow_problem(shadow, "%s of %zu bytes: %p is not owned", what, n, p);
	shadow->slots[slot].p = p;
	shadow->slots[slot].n = n;
	return true;
}

static bool take_new(struct shadow *shadow, unsigned slot, void *p, size_t n, size_t align, const char *what)
{
	if (!take(shadow, slot, p, n, align, what))
		return false;
	shadow->slots[slot].fill = shadow->fill += 31;
	fill(shadow->slots + slot, 0);
	return true;
}

bool shadow_alloc(struct shadow *shadow, unsigned slot, size_t n, size_t align)
{
	void *p;

	errno = ERRNO_UNTOUCHED;
	p = align > 1 ? osm_heap_alloc_aligned(shadow->heap, align, n) : osm_heap_alloc(shadow->heap, n);
	return take_new(shadow, slot, p, n, align, "alloc");
}

bool shadow_calloc(struct shadow *shadow, unsigned slot, size_t n)
{
	size_t count = n % 4 == 0 ? 4 : 1;
	unsigned char *p;

	errno = ERRNO_UNTOUCHED;
	p = osm_heap_calloc(shadow->heap, count, n / count);
	for (size_t i = 0; p && i < n; i++) {
		if (p[i] != 0) {
			shadow_problem(shadow, "calloc of %zu bytes: byte %zu is %d", n, i, p[i]);
			break;
		}
	}
	return take_new(shadow, slot, p, n, 1, "calloc");
}

bool shadow_realloc(struct shadow *shadow, unsigned slot, size_t n)
{
	struct shadow_slot *s = shadow->slots + slot;
	size_t before = s->n;
	void *p;

	verify(shadow, slot, "before realloc");
	errno = ERRNO_UNTOUCHED;
	p = osm_heap_realloc(shadow->heap, s->p, n);
	if (!take(shadow, slot, p, n, 1, "realloc")) {
		verify(shadow, slot, "in a realloc that gave NULL");
		return false;
	}
	s->n = before < n ? before : n;
	verify(shadow, slot, "in realloc");
	s->n = n;
	fill(s, before);
	return true;
}

void shadow_free(struct shadow *shadow, unsigned slot)
{
	struct shadow_slot *s = shadow->slots + slot;

	verify(shadow, slot, "before free");
	errno = ERRNO_UNTOUCHED;
	osm_heap_free(shadow->heap, s->p);
	if (errno != ERRNO_UNTOUCHED)
		shadow_problem(shadow, "free leaves errno %d", errno);
	s->p = NULL;
	s->n = 0;
}

void shadow_free_all(struct shadow *shadow)
{
	for (unsigned i = 0; i < SHADOW_SLOTS; i++) {
		if (shadow->slots[i].p)
			shadow_free(shadow, i);
	}
}

bool shadow_apply(struct shadow *shadow, const struct script_op *op)
{
	const struct shadow_slot *s = shadow->slots + op->slot;

	switch (op->call) {
	case SCRIPT_ALLOC:
		return s->p || shadow_alloc(shadow, op->slot, op->n, op->align);
	case SCRIPT_CALLOC:
		return s->p || shadow_calloc(shadow, op->slot, op->n);
	case SCRIPT_RESIZE:
		return shadow_realloc(shadow, op->slot, op->n);
	case SCRIPT_FREE:
		shadow_free(shadow, op->slot);
		return true;
	case SCRIPT_SLIDE:
	case SCRIPT_GROW:
	case SCRIPT_REGION:
		break;
	}
	shadow_problem(shadow, "a heap slides blocks and buys memory by itself");
	return false;
}

void shadow_step(struct shadow *shadow, struct rng *rng, const struct shadow_habit *habit)
{
	unsigned slot = (unsigned)rng_below(rng, SHADOW_SLOTS);
	size_t n = rng_size(rng, habit->mix, habit->size_max);
	size_t roll = rng_below(rng, 100);

	if (shadow->slots[slot].p && roll < 30)
		shadow_realloc(shadow, slot, n);
	else if (shadow->slots[slot].p)
		shadow_free(shadow, slot);
	else if (roll < habit->zeroed)
		shadow_calloc(shadow, slot, n);
	else if (roll < habit->zeroed + habit->aligned)
		shadow_alloc(shadow, slot, n, (size_t)1 << rng_below(rng, 13));
	else
		shadow_alloc(shadow, slot, n, 1);
}

void shadow_verify(struct shadow *shadow)
{
	for (unsigned i = 0; i < SHADOW_SLOTS; i++) {
		if (!shadow->slots[i].p)
			continue;
		verify(shadow, i, "unasked");
		if (!osm_heap_owns(shadow->heap, shadow->slots[i].p))
			shadow_problem(shadow, "slot %u is not owned any more", i);
	}
}

static bool count_block(const struct osm_block *block, void *context)
{
	struct osm_stats *count = context;

	if (block->mapped)
		count->mapped_blocks++;
	if (block->free) {
		count->free_blocks++;
		count->free_bytes += block->size;
		if (block->size > count->largest_free)
			count->largest_free = block->size;
	} else {
		count->live_blocks++;
		count->live_bytes += block->size;
	}
	if (!block->mapped)
		count->heap_bytes += block->header_bytes + block->size;
	return true;
}

static void compare(struct shadow *shadow, const char *what, size_t stats, size_t walk)
{
	if (stats != walk)
		shadow_problem(shadow, "%s: statistics say %zu, counted %zu", what, stats, walk);
}

void shadow_audit(struct shadow *shadow)
{
	struct osm_fault fault = {OSM_FAULT_NONE, NULL, NULL};
	struct osm_stats stats, count;
	size_t blocks = 0, bytes = 0;

	if (!osm_heap_check(shadow->heap, &fault))
		shadow_problem(shadow, "osm_heap_check: %s at %p: %s", osm_fault_name(fault.kind), fault.where, fault.detail);
	memset(&count, 0, sizeof count);
	if (!osm_heap_walk(shadow->heap, count_block, &count))
		shadow_problem(shadow, "osm_heap_walk stops");
	osm_heap_stats(shadow->heap, &stats);
	for (unsigned i = 0; i < SHADOW_SLOTS; i++) {
		if (shadow->slots[i].p) {
			blocks++;
			bytes += osm_heap_usable_size(shadow->heap, shadow->slots[i].p);
		}
	}
	compare(shadow, "live_blocks by hand", stats.live_blocks, blocks);
	compare(shadow, "live_bytes by hand", stats.live_bytes, bytes);
	compare(shadow, "live_blocks", stats.live_blocks, count.live_blocks);
	compare(shadow, "live_bytes", stats.live_bytes, count.live_bytes);
	compare(shadow, "free_blocks", stats.free_blocks, count.free_blocks);
	compare(shadow, "free_bytes", stats.free_bytes, count.free_bytes);
	compare(shadow, "largest_free", stats.largest_free, count.largest_free);
	compare(shadow, "mapped_blocks", stats.mapped_blocks, count.mapped_blocks);
	if (stats.heap_bytes < count.heap_bytes)
		shadow_problem(shadow, "heap_bytes is %zu, the blocks have %zu", stats.heap_bytes, count.heap_bytes);
	if (stats.peak_live_bytes < stats.live_bytes ||
	    stats.peak_bytes < stats.heap_bytes + stats.mapped_bytes + stats.metadata_bytes)
		shadow_problem(shadow, "a peak is below the present");
}
