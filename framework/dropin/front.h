/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The small-object front end: what a thread does alone, in a dozen instructions.
 *
 * malloc takes the first block of the thread's list for its class. When that is empty, the whole list of a slab moves
 * there: nothing is counted on the way. free puts a block back on its slab's list and counts down the one number that
 * says when there is more to do. A signal handler that interrupts either must not allocate,
 * as POSIX says; one that interrupts what else is done with slabs may: modelled in tests/models/interrupt.pml.
 * What front_push() leaves to front_event(): tests/models/remote.pml.
 */
#ifndef OSMEM_DROPIN_FRONT_H
#define OSMEM_DROPIN_FRONT_H

#include "framework/dropin/classes.h"
#include "framework/dropin/slab.h"

/* What a thread's fast paths need; it lies in the thread's static storage and costs nothing until it is used. */
struct front_thread {
	struct link *lists[CLASSES]; /* list 0 stays empty */
	struct owner *self;          /* NULL: this thread has no slabs, yet or any more, or changes them */
	volatile bool busy;          /* it changes its slabs or is in the pool: its signal handlers must do neither */
	bool ended;                  /* its end has begun: it gets none */
	volatile bool look_later;    /* a handler sent a block home to a slab that has no owner, and could not look */
};

extern _Thread_local struct front_thread front_thread;

/* What front_hide() took away. */
struct front_hidden {
	struct owner *self;
	bool busy;
};

/* Around all that changes a thread's slabs or waits for the pool: to its signal handlers, its slabs are another's. */
struct front_hidden front_hide(void);
void front_show(struct front_hidden hidden);
/* Is this a signal handler whose thread may hold a lock of the pool or of the heap? */
bool front_interrupts(void);
/* When it holds none any more: look at slabs without owner, if its handlers sent blocks home to one. */
void front_look(void);

/* Slabs from now on, if the system has addresses for them. */
void front_begin(void);
/* 1 to CLASS_MAX bytes when the list of the class is empty; NULL: there are none, the heap must serve. */
void *front_refill(size_t class);
/* The owner's `until` has come down to 0. */
void front_event(struct slab *slab);
/* Free a block of a slab that belongs to another thread, or to none. */
void front_free_foreign(struct slab *slab, void *p);
/* p is in a slab, and is no live block of it: tell. */
void front_refuse(const char *call, const void *p);
/* The first block of a list that was to serve was overwritten: tell, and forget the list. */
void front_forget(struct link **list);

/* Take the first block of a list that has one; NULL: it was overwritten, which has been told. */
static inline struct link *front_take(struct link **list)
{
	struct link *first = *list, *next = link_next(first);

	if (__builtin_expect(!link_is_sound(first, next), 0)) {
		front_forget(list);
		return NULL;
	}
	*list = next;
	link_end(first);
	return first;
}

/* A block of up to CLASS_MAX bytes from the thread's list; NULL: not that easy. */
static inline void *front_pop(size_t n)
{
	size_t class = class_or_none(n);

	if (__builtin_expect(!front_thread.lists[class], 0))
		return NULL;
	return front_take(&front_thread.lists[class]);
}

/* Put a block back, or tell why it is none, if guard.c has not looked; false: it is in no slab of this thread. */
static inline bool front_push(void *p)
{
	struct link *block = p;
	struct slab *slab;

	if (__builtin_expect(!slab_holds(p), 0))
		return false;
	slab = slab_of(p);
	/* relaxed: see slab.h on `owner` */
	if (__builtin_expect(atomic_load_explicit(&slab->owner, memory_order_relaxed) != front_thread.self, 0))
		return false;
	if (HARDENING == 1 && __builtin_expect(!slab_has_live(slab, p), 0)) {
		front_refuse("free", p);
		return true;
	}
	link_set(block, slab->free);
	slab->free = block;
	if (__builtin_expect(--slab->until == 0, 0))
		front_event(slab);
	return true;
}

#endif
