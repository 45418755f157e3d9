/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Blocks that signal handlers free while their threads are in the heap: they wait on a list.
 *
 * models   framework/dropin/central.c: central_free central_enter free_waiting central_alloc
 * holds    each block is freed once, and none while somebody has it
 * holds    the list is followed only over links that are written
 * holds    once a call has come after the last handler, no block waits
 * holds    there is no deadlock, and all threads end
 * bounds   THREADS threads with a handler each that frees a block at any step of its thread; a block may be had again
 *          at once
 * memory   The link is plain, and the compare-and-swap that puts the block on the list releases it; whoever takes the
 *          list acquires. The relaxed look at the list may read an old NULL: the call then leaves what waits to a
 *          later one. What is compared is the head alone, and nothing was read from the block there, so there is no
 *          ABA.
 * run      -DTHREADS=2
 * bug      BUG_TAKEN_IN_TWO: the list is loaded and then emptied
 * bug      BUG_PUT_IN_TWO: the head is loaded and then stored, where it is a compare-and-swap
 * bug      BUG_FIRST_ONLY: free_waiting takes the first block, where it takes the whole list
 */
#ifndef THREADS
#define THREADS 2
#endif
#define CALLS 2

byte next[THREADS + 1]; /* blocks are 1 to THREADS; 0 is NULL */
bool live[THREADS + 1];
byte waiting, ended;
bool lock, inside[THREADS], interrupted[THREADS];

/* What a handler frees when its thread is in the heap. That stands still meanwhile, as it waits for `interrupted`. */
proctype handler(byte me)
{
	byte block, head, times;

end:
	do
	:: atomic { /* a block of the program's, which is the handler's to free */
			times < CALLS && inside[me] && !live[me + 1] ->
			interrupted[me] = true;
			block = me + 1;
			live[block] = true
		}
		head = waiting;
		do
		:: next[block] = head;
#ifdef BUG_PUT_IN_TWO
			live[block] = false;
			waiting = block;
			break
#else
			atomic {
				if
				:: waiting == head ->
					waiting = block;
					break
				:: else -> head = waiting
				fi
			}
#endif
		od;
		atomic {
			times++;
			head = 0;
			block = 0;
			interrupted[me] = false
		}
	:: times == CALLS -> break
	od
}

inline free_waiting()
{
	if
	:: waiting == 0 || (is_stale && !is_last)
	:: waiting != 0 ->
#ifdef BUG_TAKEN_IN_TWO
		block = waiting;
		!interrupted[me];
		waiting = 0;
#else
#ifdef BUG_FIRST_ONLY
		do
		:: block = waiting;
			!interrupted[me];
			after = next[block];
			!interrupted[me];
			atomic {
				if
				:: waiting == block ->
					waiting = after;
					next[block] = 0;
					break
				:: else
				fi
			}
		od;
#else
		atomic {
			!interrupted[me];
			block = waiting;
			waiting = 0
		}
#endif
#endif
		do
		:: block != 0 ->
			!interrupted[me];
			after = next[block];
			atomic { !interrupted[me] && !lock -> lock = true }
			assert(live[block]);
			live[block] = false; /* from here on it may serve again */
			lock = false;
			block = after
		:: else -> break
		od;
		after = 0
	fi
}

proctype thread(byte me)
{
	byte block, after, calls;
	bool is_stale, is_last;

	do
	:: calls < CALLS ->
		calls++;
		inside[me] = true;
		if
		:: is_stale = true
		:: is_stale = false
		fi;
		!interrupted[me];
		free_waiting();
		atomic { !interrupted[me] && !lock -> lock = true }
		lock = false;
		atomic {
			!interrupted[me];
			inside[me] = false
		}
	:: else -> break
	od;
	ended++;
	/* The last call, when no handler comes any more. */
	if
	:: me == 0 ->
		ended == THREADS;
		is_last = true;
		free_waiting();
		for (calls : 1 .. THREADS) {
			assert(!live[calls])
		}
		assert(waiting == 0)
	:: else
	fi
}

init
{
	byte n;

	atomic {
		for (n : 0 .. THREADS - 1) {
			run thread(n);
			run handler(n)
		}
	}
}
