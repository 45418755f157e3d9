/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool: one lock, taken once for a slab and never for a block.
 *
 * An empty slab keeps its memory for about a second, as a program that needed it is likely to need it again, and pages
 * that have to be faulted in anew cost more than anything else here. The one that was given last is taken first. Memory
 * that waited longer goes back in runs of neighbours, one system call each, while the lock is not held.
 *
 * Huge pages are not asked for: measured on loads with some megabytes of small blocks, they saved no time and cost up
 * to a third more memory, as a page is touched as a whole. Memory is committed by the megabyte, so that a system that
 * gives them unasked finds no room for one when a page is touched first.
 *
 * Modelled in tests/models: handover.pml, slabs that change hands; pool.pml, memory that goes back; locks.pml.
 */
#define _GNU_SOURCE
#include "framework/dropin/pool.h"

#include <sys/mman.h>
#include <time.h>

#include "framework/dropin/classes.h"
#include "framework/dropin/front.h"
#include "framework/port.h"

#define SPAN_MAX ((size_t)1 << 36)
#define SPAN_MIN ((size_t)1 << 24)

enum { COMMIT_SLABS = 16, KEEP_MS = 1000 };

struct slab_range slab_range;

static struct osm_lock lock = OSM_LOCK_INITIAL;
static size_t used, committed; /* slabs, from the lowest */
static struct slab *pooled;    /* the newest first */
static struct slab *purged, *bare;
static struct slab *abandoned[CLASSES];
/* Slabs in each list above; read without the lock to see whether it is worth taking. */
static _Atomic uint32_t abandoned_count[CLASSES];

/* Around what is done for the process: the front end, which calls for the rest, has hidden its slabs by then. */
static struct front_hidden enter(void)
{
	struct front_hidden hidden = front_hide();

	osm_lock(&lock);
	return hidden;
}

static void leave(struct front_hidden hidden)
{
	osm_unlock(&lock);
	front_show(hidden);
}

static struct front_hidden forking; /* the lock's holder's */

void pool_lock(void)
{
	forking = enter();
}

void pool_unlock(void)
{
	leave(forking);
}

/* What a thread of the parent was purging, nobody puts back here. */
void pool_fork(void)
{
	for (struct slab *slab = slab_range.slabs; slab < slab_range.slabs + used; slab++) {
		if (slab->state != SLAB_PURGING)
			continue;
		slab->state = SLAB_PURGED;
		slabs_push(&purged, slab);
	}
}

static size_t to_slabs(size_t bytes)
{
	return (bytes + SLAB_BYTES - 1) & ~(SLAB_BYTES - 1);
}

static size_t descriptor_bytes(size_t span)
{
	return to_slabs((span >> SLAB_SHIFT) * sizeof(struct slab));
}

/* They lie between the descriptors and the slabs. */
static size_t slack_bytes(size_t span)
{
	return HARDENING == 2 ? to_slabs((span >> SLAB_SHIFT) * SLAB_BLOCKS) : 0;
}

void pool_begin(void)
{
	for (size_t span = SPAN_MAX; span >= SPAN_MIN; span /= 2) {
		size_t bytes = descriptor_bytes(span) + slack_bytes(span) + span + SLAB_BYTES;
		char *p = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p == MAP_FAILED)
			continue;
		p += -(uintptr_t)p & (SLAB_BYTES - 1);
		slab_range.slabs = (struct slab *)p;
		slab_range.slacks = (uint8_t *)p + descriptor_bytes(span);
		slab_range.base = p + descriptor_bytes(span) + slack_bytes(span);
		slab_range.span = span;
		/* A wild pointer is looked up among the descriptors too: those that were never used read as zero. */
		if (HARDENING > 0)
			mprotect(slab_range.slabs, descriptor_bytes(span), PROT_READ);
		return;
	}
}

static bool commit(char *from, char *to)
{
	uintptr_t start = (uintptr_t)from & ~(OSM_PAGE_SIZE - 1);

	return mprotect((void *)start, (uintptr_t)to - start, PROT_READ | PROT_WRITE) == 0;
}

/* Lock held. A slab whose memory the system has to promise: one that was released, or the lowest that was never used. */
static struct slab *fresh(void)
{
	if (bare) {
		struct slab *slab = bare;

		if (!commit(slab_memory(slab), slab_memory(slab + 1)))
			return NULL;
		slabs_remove(&bare, slab);
		return slab;
	}
	if (used == slab_range.span >> SLAB_SHIFT)
		return NULL;
	if (used == committed) {
		struct slab *first = &slab_range.slabs[committed];

		if (!commit((char *)first, (char *)(first + COMMIT_SLABS)) ||
		    !commit(slab_memory(first), slab_memory(first + COMMIT_SLABS)) ||
		    (HARDENING == 2 && !commit((char *)slab_slack(first, 0), (char *)slab_slack(first + COMMIT_SLABS, 0))))
			return NULL;
		committed += COMMIT_SLABS;
	}
	return &slab_range.slabs[used++];
}

static uint32_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return (uint32_t)(time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

static bool is_old(const struct slab *slab, uint32_t time, uint32_t keep)
{
	return slab->state == SLAB_POOLED && time - slab->stamp >= keep;
}

/* Lock held, and let go in between. Give back the memory of slabs that have waited for `keep` milliseconds. */
static bool purge(uint32_t keep)
{
	uint32_t time = pooled ? now() : 0;
	bool any = false;

	while (pooled && is_old(pooled->prev, time, keep)) {
		struct slab *first = pooled->prev, *end = first + 1;

		while (first > slab_range.slabs && is_old(first - 1, time, keep))
			first--;
		while (end < slab_range.slabs + used && is_old(end, time, keep))
			end++;
		for (struct slab *slab = first; slab < end; slab++) {
			slabs_remove(&pooled, slab);
			slab->state = SLAB_PURGING;
		}
		osm_unlock(&lock);
		madvise(slab_memory(first), (size_t)(end - first) << SLAB_SHIFT, MADV_DONTNEED);
		osm_lock(&lock);
		for (struct slab *slab = end; slab-- > first;) {
			slab->state = SLAB_PURGED;
			slabs_push(&purged, slab);
		}
		any = true;
	}
	return any;
}

struct slab *pool_take(struct owner *owner)
{
	struct slab *slab, **list;
	int kept = osm_port_errno();

	osm_lock(&lock);
	purge(KEEP_MS);
	list = pooled ? &pooled : &purged;
	slab = *list;
	if (slab)
		slabs_remove(list, slab);
	else
		slab = fresh();
	if (slab) {
		slab->state = SLAB_FULL;
		/* relaxed: no block of it is out, so nobody else asks */
		atomic_store_explicit(&slab->owner, owner, memory_order_relaxed);
	}
	osm_unlock(&lock);
	osm_port_set_errno(kept);
	return slab;
}

/* Lock held. */
static void put(struct slab *slab)
{
	slab->free = NULL;
	slab->until = slab->rest = slab->inverse = 0;
	slab->carved = 0;
	atomic_store_explicit(&slab->owner, SLAB_NOBODY, memory_order_relaxed);
	slab->state = SLAB_POOLED;
	slab->stamp = now();
	slabs_push(&pooled, slab);
}

void pool_give(struct slab *slab)
{
	int kept = osm_port_errno();

	osm_lock(&lock);
	put(slab);
	purge(KEEP_MS);
	osm_unlock(&lock);
	osm_port_set_errno(kept);
}

struct slab *pool_adopt(size_t class, struct owner *owner)
{
	struct slab *slab;

	if (atomic_load_explicit(&abandoned_count[class], memory_order_relaxed) == 0)
		return NULL;
	osm_lock(&lock);
	slab = abandoned[class];
	if (slab) {
		slabs_remove(&abandoned[class], slab);
		atomic_fetch_sub_explicit(&abandoned_count[class], 1, memory_order_relaxed);
		slab->state = SLAB_FULL;
		/* relaxed: the fields that come with it were written under the lock */
		atomic_store_explicit(&slab->owner, owner, memory_order_relaxed);
	}
	osm_unlock(&lock);
	return slab;
}

/* Lock held. An abandoned slab all of whose blocks are back, though on the foreign list, is empty. */
static void reclaim_if_empty(struct slab *slab)
{
	if (foreign_count(atomic_load(&slab->foreign)) != slab_out(slab))
		return;
	/* acquire: whoever freed a block is done with it */
	atomic_exchange_explicit(&slab->foreign, 0, memory_order_acquire);
	slabs_remove(&abandoned[slab->class], slab);
	atomic_fetch_sub_explicit(&abandoned_count[slab->class], 1, memory_order_relaxed);
	put(slab);
}

void pool_abandon(struct slab *slab)
{
	osm_lock(&lock);
	slab->state = SLAB_ABANDONED;
	slabs_append(&abandoned[slab->class], slab);
	atomic_fetch_add_explicit(&abandoned_count[slab->class], 1, memory_order_relaxed);
	/*
	 * Sequentially consistent, as is the other side, send() in outbox.c: here the owner is written and then the foreign
	 * list read, there the list is written and then the owner read. So one of the two sees what the other did, and the
	 * last block home is noticed: here, or by its sender, who then calls pool_look().
	 */
	atomic_store(&slab->owner, SLAB_NOBODY);
	reclaim_if_empty(slab);
	osm_unlock(&lock);
}

void pool_look(struct slab *slab)
{
	osm_lock(&lock);
	if (slab->state == SLAB_ABANDONED)
		reclaim_if_empty(slab);
	osm_unlock(&lock);
}

void pool_look_at_all(void)
{
	struct front_hidden hidden = enter();

	for (size_t class = 1; class < CLASSES; class ++)
		for (struct slab *slab = abandoned[class], *next; slab; slab = next) {
			next = slab->next;
			reclaim_if_empty(slab);
		}
	leave(hidden);
}

bool pool_trim(void)
{
	struct front_hidden hidden;
	bool any;

	if (front_interrupts())
		return false;
	hidden = enter();
	any = purge(0);
	leave(hidden);
	return any;
}

/* Lock held. Is the slab one of a run that can be released? */
static bool is_purged(const struct slab *slab)
{
	return slab < slab_range.slabs + used && slab->state == SLAB_PURGED;
}

bool pool_release(void)
{
	struct front_hidden hidden;
	bool any;

	hidden = enter();
	any = purge(0) || purged;
	while (purged) {
		struct slab *first = purged, *end = first + 1;
		size_t bytes;

		while (first > slab_range.slabs && is_purged(first - 1))
			first--;
		while (is_purged(end))
			end++;
		bytes = (size_t)(end - first) << SLAB_SHIFT;
		/* Only a new mapping takes the promise back. */
		if (mmap(slab_memory(first), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		         0) == MAP_FAILED)
			break;
		for (struct slab *slab = first; slab < end; slab++) {
			slabs_remove(&purged, slab);
			slab->state = SLAB_BARE;
			slabs_push(&bare, slab);
		}
	}
	leave(hidden);
	return any;
}

void pool_count(struct pool_stats *stats)
{
	struct front_hidden hidden;

	*stats = (struct pool_stats){0};
	if (front_interrupts())
		return;
	hidden = enter();
	stats->slabs = used;
	for (struct slab *slab = slab_range.slabs; slab < slab_range.slabs + used; slab++) {
		if (slab->state == SLAB_POOLED)
			stats->empty_bytes += SLAB_BYTES;
		if (slab->state < SLAB_FULL)
			continue;
		stats->live_blocks += slab_out(slab);
		stats->live_bytes += (size_t)slab_out(slab) * slab->size;
	}
	leave(hidden);
}

void pool_visit(void (*visit)(const struct slab *slab, void *context), void *context)
{
	struct front_hidden hidden;

	if (front_interrupts())
		return;
	hidden = enter();
	for (struct slab *slab = slab_range.slabs; slab < slab_range.slabs + used; slab++)
		if (slab->state >= SLAB_FULL && slab->inverse != 0)
			visit(slab, context);
	leave(hidden);
}
