/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a thread does with its slabs when a list is empty, when a slab's state changes, when it frees another thread's
 * block, and when it ends.
 *
 *     malloc <- lists[class] <- a slab's list, whole <------------ free, of the owner
 *                            <- blocks never out before         |
 *                            <- the foreign list, whole <- outbox <- free, of others
 *
 * No block is lost when a thread ends. What waits on its lists goes back to the slabs, what waits in its outbox is
 * sent. Then each slab goes to the pool if all its blocks are back; else it is abandoned, and whoever needs its class
 * next adopts it, or its last block home, which is always sent by somebody, takes it to the pool: see pool_abandon().
 *
 * Modelled in tests/models: remote.pml, blocks of others and the states; handover.pml, the end of a thread;
 * interrupt.pml and locks.pml, signal handlers.
 */
#include "framework/dropin/front.h"

#include <pthread.h>
#include <string.h>

#include "framework/dropin/central.h"
#include "framework/dropin/guard.h"
#include "framework/dropin/outbox.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/slack.h"
#include "framework/dropin/sound.h"
#include "framework/port.h"

enum {
	SPARES = 2,     /* empty slabs that a thread keeps */
	LOOKS_PAGE = 2, /* full slabs that are looked at before a page more is touched, ... */
	LOOKS_SLAB = 8, /* ... and before another slab is begun */
	CARVE_BYTES = 4096,
	HEAP_BYTES = 1024 /* of each class that the heap serves first */
};

/* A thread as the owner of slabs. Others compare its address, and never look inside. */
struct owner {
	struct slab *partial[CLASSES], *full[CLASSES];
	struct slab *carving[CLASSES]; /* of these one in which blocks have never been out */
	struct slab *spares;
	unsigned spare_count;
	bool is_last_round;
	struct outbox outbox;
};

_Thread_local struct front_thread front_thread;

static pthread_key_t key;
/* Requests of each class that the heap served. Threads may miss each other's: a few more are no harm. */
static _Atomic uint32_t served_by_heap[CLASSES];

/* ---- Blocks of others, and blocks that others freed */

static struct owner *begin_thread(void);

/* The fences are for handlers on this thread. One that finds no owner must find it busy, or it would begin another. */
struct front_hidden front_hide(void)
{
	struct front_hidden hidden = {.busy = front_thread.busy};

	front_thread.busy = true;
	atomic_signal_fence(memory_order_seq_cst);
	hidden.self = front_thread.self;
	front_thread.self = NULL;
	atomic_signal_fence(memory_order_seq_cst);
	return hidden;
}

void front_show(struct front_hidden hidden)
{
	atomic_signal_fence(memory_order_seq_cst);
	front_thread.self = hidden.self;
	atomic_signal_fence(memory_order_seq_cst);
	front_thread.busy = hidden.busy;
	front_look();
}

/* In the heap too: who forks holds the pool and waits for the heap. */
bool front_interrupts(void)
{
	return front_thread.busy || central_is_entered();
}

void front_look(void)
{
	while (__builtin_expect(front_thread.look_later, 0) && !front_interrupts()) {
		front_thread.look_later = false;
		pool_look_at_all();
	}
}

void front_free_foreign(struct slab *slab, void *p)
{
	struct front_hidden hidden;

	if (front_interrupts()) {
		outbox_send_one(slab, p, false);
		return;
	}
	hidden = front_hide();
	if (!hidden.self)
		hidden.self = begin_thread();
	if (hidden.self)
		outbox_add(&hidden.self->outbox, slab, p);
	else
		outbox_send_one(slab, p, true);
	front_show(hidden);
}

/* ---- States */

/* Blocks that a page holds. */
static uint32_t page_blocks(size_t size)
{
	return CARVE_BYTES > size ? CARVE_BYTES / (uint32_t)size : 1;
}

/* A full slab is looked at again when so many blocks are back: an eighth, but not more than a page. */
static uint32_t enough(const struct slab *slab)
{
	uint32_t some = slab->carved / 8, page = page_blocks(slab->size);

	some = some < page ? some : page;
	return some ? some : 1;
}

/* All blocks of a slab that is in no list are out. */
static void make_full(struct owner *self, struct slab *slab)
{
	uint32_t some = enough(slab);

	slab->state = SLAB_FULL;
	slab->until = some < slab->carved ? some : slab->carved;
	slab->rest = slab->carved - slab->until;
	slabs_append(&self->full[slab->class], slab);
}

static void make_partial(struct owner *self, struct slab *slab)
{
	slab->state = SLAB_PARTIAL;
	slab->until += slab->rest;
	slab->rest = 0;
	slabs_push(&self->partial[slab->class], slab);
}

/* An empty slab, in no list, leaves its class. */
static void retire(struct owner *self, struct slab *slab)
{
	if (self->carving[slab->class] == slab)
		self->carving[slab->class] = NULL;
	if (!list_begins_well(slab, slab->free, slab->carved)) {
		/* A block of it is still out then: nobody gets this slab again. */
		list_report(slab, slab->free, slab->carved);
		return;
	}
	if (HARDENING == 2)
		guard_check_slab(slab, "free");
	slab->until = slab->rest = slab->inverse = 0;
	slab->carved = 0;
	slab->free = NULL;
	if (self->spare_count == SPARES) {
		pool_give(slab);
		return;
	}
	self->spare_count++;
	slabs_push(&self->spares, slab);
}

static void change_state(struct owner *self, struct slab *slab)
{
	size_t class = slab->class;
	bool is_empty = slab_out(slab) == 0; /* a handler may have come between the count's end and here */

	slabs_remove(slab->state == SLAB_FULL ? &self->full[class] : &self->partial[class], slab);
	/* The last one of its class stays, so that a block that comes and goes costs nothing. */
	if (is_empty && self->partial[class])
		retire(self, slab);
	else
		make_partial(self, slab);
}

/* Some block has to come back later to change the slab's state; without any out it is 0, and the slab is found empty. */
static void postpone(struct slab *slab)
{
	if (slab->until == 0 && slab->rest > 0) {
		slab->until = 1;
		slab->rest--;
	}
}

void front_event(struct slab *slab)
{
	struct front_hidden hidden;

	if (front_interrupts()) {
		postpone(slab);
		return;
	}
	hidden = front_hide();
	change_state(hidden.self, slab);
	front_show(hidden);
}

/* ---- Filling a list */

/* A slab in no list that has free blocks gives them all; NULL if they are not what they should be. */
static struct link *take_blocks(struct owner *self, struct slab *slab)
{
	uint32_t count = slab->carved - slab_out(slab);
	struct link *first = slab->free;

	slab->free = NULL;
	make_full(self, slab);
	if (list_begins_well(slab, first, count))
		return first;
	list_report(slab, first, count);
	return NULL;
}

/* Link so many blocks that lie side by side. */
static struct link *link_row(char *at, uint32_t count, size_t size)
{
	struct link *first = (struct link *)at;

	for (uint32_t i = 1; i < count; i++, at += size)
		link_set((struct link *)at, (struct link *)(at + size));
	link_set((struct link *)at, NULL);
	return first;
}

/*
 * The same, as level 2 wants free blocks: blank (see slack.h), and from a place that cannot be foretold, up or down, around
 * the end. A shuffled order would cost programs a fifth of their time, as what they make together would not lie together.
 */
static struct link *link_blank(char *at, uint32_t count, size_t size)
{
	uint64_t random = hardening_mix(hardening_secret ^ (uintptr_t)at ^ (uint64_t)count << 48);
	uint32_t i = (uint32_t)(random >> 1) % count, step = random & 1 ? 1 : count - 1;
	struct link *first = NULL;

	memset(at, 0, count * size);
	for (uint32_t left = count; left > 0; left--, i = (i + step) % count) {
		struct link *block = (struct link *)(at + i * size);

		word_put((char *)block + size - 8, SLACK_LAST);
		link_set(block, first);
		first = block;
	}
	return first;
}

/* Blocks that have never been out, as many as a page holds: what is not needed is not touched. */
static struct link *carve(struct owner *self, struct slab *slab)
{
	uint32_t count = page_blocks(slab->size);
	char *at = slab_memory(slab) + (size_t)(SLAB_LEAD + slab->carved) * slab->size;
	struct link *first;

	if (count > slab->capacity - slab->carved)
		count = slab->capacity - slab->carved;
	if (SLAB_LEAD && slab->carved == 0)
		link_blank(slab_memory(slab), SLAB_LEAD, slab->size);
	first = HARDENING == 2 ? link_blank(at, count, slab->size) : link_row(at, count, slab->size);
	slab->carved += count;
	slab->rest += count;
	postpone(slab);
	self->carving[slab->class] = slab->carved < slab->capacity ? slab : NULL;
	return first;
}

/*
 * The oldest full slabs may have blocks home: few, or sent by others. One that has less than `least` is passed over, but
 * not if it has all: its `until` is 0 then, which no slab with blocks out may have.
 */
static struct link *search_full(struct owner *self, size_t class, int looks, uint32_t least)
{
	struct slab *slab = self->full[class];

	for (int i = 0; i < looks && slab; i++) {
		struct slab *next = slab->next;

		slab_collect(slab);
		slabs_remove(&self->full[class], slab);
		if (slab->free && (slab->carved - slab_out(slab) >= least || slab_out(slab) == 0))
			return take_blocks(self, slab);
		slabs_append(&self->full[class], slab);
		slab = next;
	}
	return NULL;
}

static struct link *adopt(struct owner *self, size_t class)
{
	for (int i = 0; i < LOOKS_SLAB; i++) {
		struct slab *slab = pool_adopt(class, self);

		if (!slab)
			break;
		slab_collect(slab);
		if (slab->carved < slab->capacity)
			self->carving[class] = slab;
		if (slab->free)
			return take_blocks(self, slab);
		make_full(self, slab);
		if (self->carving[class])
			return carve(self, slab);
	}
	return NULL;
}

static struct link *begin_slab(struct owner *self, size_t class)
{
	struct slab *slab = self->spares;

	if (slab) {
		slabs_remove(&self->spares, slab);
		self->spare_count--;
	} else {
		slab = pool_take(self);
	}
	if (!slab)
		return NULL;
	slab->class = (uint8_t) class;
	slab->size = (uint32_t)class_size(class);
	slab->inverse = (uint32_t)(((uint64_t)1 << 32) / slab->size) + (((uint64_t)1 << 32) % slab->size != 0);
	slab->capacity = (uint32_t)SLAB_BYTES / slab->size - SLAB_LEAD;
	slab->state = SLAB_FULL;
	slabs_append(&self->full[class], slab);
	return carve(self, slab);
}

/* A class's first blocks come from the heap, which packs them closely: programs that need few of a size stay small. */
static bool is_rare(size_t class)
{
	uint32_t served = atomic_load_explicit(&served_by_heap[class], memory_order_relaxed);

	if (served * class_size(class) >= HEAP_BYTES)
		return false;
	atomic_store_explicit(&served_by_heap[class], served + 1, memory_order_relaxed);
	return true;
}

/* A list of blocks of a class, from wherever they cost least. */
static struct link *find_blocks(struct owner *self, size_t class)
{
	struct slab *slab = self->partial[class];
	struct link *first;

	if (slab) {
		slabs_remove(&self->partial[class], slab);
		slab_collect(slab);
		return take_blocks(self, slab);
	}
	outbox_send_all(&self->outbox);
	/* What is back before what was never out: that would be a page more. */
	first = search_full(self, class, LOOKS_PAGE, page_blocks(class_size(class)) / 2);
	if (!first && self->carving[class])
		first = carve(self, self->carving[class]);
	if (!first)
		first = search_full(self, class, LOOKS_SLAB, 1);
	if (!first)
		first = adopt(self, class);
	return first ? first : begin_slab(self, class);
}

void *front_refill(size_t class)
{
	struct link *list = NULL, *block = NULL;
	struct front_hidden hidden;

	if (slab_range.span == 0 || front_thread.ended || front_interrupts() || is_rare(class))
		return NULL;
	hidden = front_hide();
	/* A list that a handler has filled meanwhile is not taken from here, where another handler may take from it. */
	if (!front_thread.lists[class]) {
		if (!hidden.self)
			hidden.self = begin_thread();
		if (hidden.self)
			list = find_blocks(hidden.self, class);
		if (list)
			block = front_take(&list);
		front_thread.lists[class] = list;
	}
	front_show(hidden);
	return block;
}

/* ---- Threads */

static struct owner *begin_thread(void)
{
	int kept = osm_port_errno(); /* a free may begin it */
	struct owner *self = front_thread.ended ? NULL : central_calloc("malloc", sizeof *self);

	if (self)
		pthread_setspecific(key, self); /* may allocate: the heap serves */
	osm_port_set_errno(kept);
	return self;
}

/* Blocks on the thread's lists go back to their slabs. What a handler still takes from a list is not on it any more. */
static void return_lists(struct owner *self)
{
	for (size_t class = 1; class < CLASSES; class ++) {
		/* relaxed: in one step for this thread's handlers */
		struct link *block = __atomic_exchange_n(&front_thread.lists[class], NULL, __ATOMIC_RELAXED);

		while (block) {
			struct link *next = link_next(block);
			struct slab *slab = slab_of(block);

			if (!link_is_sound(block, next)) {
				front_forget(&block);
				break;
			}
			link_set(block, slab->free);
			slab->free = block;
			if (--slab->until == 0)
				change_state(self, slab);
			block = next;
		}
	}
}

static void leave_slabs(struct slab **list)
{
	while (*list) {
		struct slab *slab = *list;

		slabs_remove(list, slab);
		slab_collect(slab);
		if (slab_out(slab) == 0)
			pool_give(slab);
		else
			pool_abandon(slab);
	}
}

/*
 * A thread's end, called by its key. In the first round destructors of other keys may still want blocks: it asks for
 * one more round. Whatever comes after the last one is served by the heap, and freed block by block.
 */
static void end_thread(void *argument)
{
	struct owner *self = argument;
	struct front_hidden hidden;

	if (!self->is_last_round) {
		self->is_last_round = true;
		pthread_setspecific(key, self);
		return;
	}
	front_thread.ended = true;
	hidden = front_hide();
	return_lists(self);
	outbox_send_all(&self->outbox);
	leave_slabs(&self->spares);
	for (size_t class = 1; class < CLASSES; class ++) {
		leave_slabs(&self->partial[class]);
		leave_slabs(&self->full[class]);
	}
	hidden.self = NULL;
	front_show(hidden);
	central_free("free", self);
}

void front_begin(void)
{
	if (pthread_key_create(&key, end_thread) == 0)
		pool_begin();
}
