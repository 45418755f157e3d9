/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order of the locks, forks, and signal handlers that allocate while their own thread holds a lock.
 *
 * models   framework/dropin/process.c: before_fork after_fork_in_parent after_fork_in_child
 * models   framework/dropin/central.c: central_enter central_leave central_report_block reclaim
 *          obtain_anyhow
 * models   framework/dropin/central_place.c: find_live
 * models   framework/dropin/central_books.c: central_lock central_unlock
 * models   framework/dropin/pool.c: pool_lock pool_unlock pool_release pool_trim
 * models   framework/dropin/pool.c: pool_count pool_visit
 * models   framework/dropin/front.c: front_hide front_show front_interrupts front_refill
 * models   framework/dropin/recorder.c: recorder_lock recorder_unlock recorder_move_begin recorder_move_end enter
 *          note_alone
 * holds    there is no deadlock: not between threads, not of a thread with its own handler, not in a child
 * holds    at a fork nobody is in the middle of what a lock guards
 * holds    a child can do all that its parent could
 * bounds   two threads with CALLS calls each, each with a handler that makes one call between any two steps, one fork; a
 *          handler's fork takes no lock where its thread may hold one, so it waits for nothing and is not here
 * memory   Locks order all that they guard; the flags are a thread's own, and seen by its handlers in the order of the
 *          program for the signal fences between.
 * run      -DCALLS=1
 * run      -DCALLS=2
 * bug      BUG_FORK_ORDER: a fork takes the heap's locks before the recorder's
 * bug      BUG_FORK_WITHOUT_POOL: a fork does not take the pool's lock
 * bug      BUG_FORK_UNMARKED: a fork does not tell its own handlers that it holds the locks
 * bug      BUG_CHILD_LOCKED: a child does not let the locks go
 * bug      BUG_NOT_INSIDE: a handler enters the heap that its thread is in
 * bug      BUG_POOL_FROM_HEAP: a handler waits for the pool though its thread may hold a lock of the heap
 * bug      BUG_NOTE_FROM_HEAP: a handler waits for the recorder though its thread may hold one of the other locks
 * bug      BUG_POOL_UNMARKED: pool_trim does not tell its own handlers that it holds the pool's lock
 * bug      BUG_REPORT_LEAVES: after a report the thread, still in the heap, counts as out of it
 */
#ifndef CALLS
#define CALLS 1
#endif

#define RECORDER 0
#define POOL 1
#define SMALL 2
#define LARGE 3
#define FREE 9

/* Threads 0 and 1 of the parent; 2 is thread 0 in the child, with locks and books of its own: those from 4 on. */
byte locks[8] = FREE;
bool halfway[8]; /* what the lock guards is being changed */
bool inside[3], busy[3], in_recorder[3];
bool forked;

#define MINE(l) ((me == 2 -> 4 : 0) + l)

inline take(l)
{
	atomic { locks[MINE(l)] == FREE -> locks[MINE(l)] = me }
}

inline drop(l)
{
	d_step {
		assert(locks[MINE(l)] == me);
		locks[MINE(l)] = FREE
	}
}

/* A handler's call: each kind, unless its thread is in the middle of the same. It may wait for another thread. */
inline handler()
{
	if
	:: skip
#ifdef BUG_NOT_INSIDE
	:: true ->
#else
	:: !inside[me] ->
#endif
		take(SMALL);
		drop(SMALL)
#ifdef BUG_POOL_FROM_HEAP
	:: !busy[me] ->
#else
	:: !busy[me] && !inside[me] ->
#endif
		take(POOL);
		drop(POOL)
#ifdef BUG_NOTE_FROM_HEAP
	:: !in_recorder[me] ->
#else
	:: !in_recorder[me] && !busy[me] && !inside[me] ->
#endif
		take(RECORDER);
		drop(RECORDER)
	fi
}

inline change(l)
{
	take(l);
	halfway[MINE(l)] = true;
	handler();
	halfway[MINE(l)] = false;
	drop(l)
}

/* central_alloc() when memory runs out; the large heap is the last that is asked. */
inline allocate()
{
	kept = inside[me];
	inside[me] = true;
	handler();
	change(SMALL);
	if
	:: skip
	:: /* central_report_block() of what was found: a handler of SIGABRT may allocate */
		inside[me] = false;
		handler();
#ifndef BUG_REPORT_LEAVES
		inside[me] = true;
#endif
		skip
	:: /* reclaim() */
		busy[me] = true;
		change(POOL);
		busy[me] = false
	fi;
	change(LARGE);
	inside[me] = kept;
	kept = false
}

inline call()
{
	if
	:: allocate()
	:: /* front_refill(), or pool_trim() */
#ifndef BUG_POOL_UNMARKED
		busy[me] = true;
#endif
		handler();
		change(POOL);
		busy[me] = false
	:: /* a recorded realloc */
		in_recorder[me] = true;
		handler();
		take(RECORDER);
		halfway[MINE(RECORDER)] = true;
		allocate();
		halfway[MINE(RECORDER)] = false;
		drop(RECORDER);
		in_recorder[me] = false
	fi;
	handler()
}

inline mark(flag)
{
#ifndef BUG_FORK_UNMARKED
	flag = true
#else
	skip
#endif
}

inline fork_process()
{
#ifdef BUG_FORK_ORDER
	mark(inside[me]);
	take(SMALL);
	take(LARGE);
#endif
	mark(in_recorder[me]);
	handler();
	take(RECORDER);
	handler();
	mark(busy[me]);
#ifndef BUG_FORK_WITHOUT_POOL
	take(POOL);
#endif
	handler();
#ifndef BUG_FORK_ORDER
	mark(inside[me]);
	handler();
	take(SMALL);
	take(LARGE);
#endif
	handler();
	d_step { /* the child is a copy of everything, and of this thread alone */
		assert(!halfway[RECORDER] && !halfway[POOL] && !halfway[SMALL] && !halfway[LARGE]);
		locks[4 + RECORDER] = (locks[RECORDER] == me -> 2 : locks[RECORDER]);
		locks[4 + POOL] = (locks[POOL] == me -> 2 : locks[POOL]);
		locks[4 + SMALL] = (locks[SMALL] == me -> 2 : locks[SMALL]);
		locks[4 + LARGE] = (locks[LARGE] == me -> 2 : locks[LARGE]);
		inside[2] = inside[me];
		busy[2] = busy[me];
		in_recorder[2] = in_recorder[me];
		forked = true
	}
	handler();
	drop(LARGE);
	drop(SMALL);
	inside[me] = false;
	handler();
#ifndef BUG_FORK_WITHOUT_POOL
	drop(POOL);
#endif
	busy[me] = false;
	handler();
	drop(RECORDER);
	in_recorder[me] = false
}

proctype thread(byte me)
{
	byte calls;
	bool kept;

	do
	:: calls < CALLS ->
		calls++;
		call()
	:: !forked && me == 0 -> fork_process()
	:: break
	od
}

/* The child of thread 0. */
active proctype child()
{
	byte calls, me = 2;
	bool kept;

end:
	forked;
#ifndef BUG_CHILD_LOCKED
	drop(LARGE);
	drop(SMALL);
	inside[me] = false;
	handler();
#ifndef BUG_FORK_WITHOUT_POOL
	drop(POOL);
#endif
	busy[me] = false;
	drop(RECORDER);
	in_recorder[me] = false;
#endif
	do
	:: calls < CALLS ->
		calls++;
		call()
	:: break
	od
}

init
{
	atomic {
		run thread(0);
		run thread(1)
	}
}
