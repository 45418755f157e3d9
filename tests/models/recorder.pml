/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order in which the calls of several threads are noted in a trace.
 *
 * models   framework/dropin/recorder.c: note_alone recorder_alloc recorder_free recorder_move_begin recorder_move_end
 * models   framework/dropin/serve.c: serve_alloc serve_free realloc_recorded serve_realloc
 * holds    the trace makes sense: a block that is noted as allocated was not live in it, one that is freed or moved
 *          was
 * holds    in the end the blocks that are live in the trace are those that are live
 * holds    there is no deadlock, and all threads end
 * bounds   THREADS threads with CALLS calls each; as many addresses as THREADS
 * memory   Notes are made under the recorder's lock, addresses given under the heap's. Both order what they guard.
 * run      -DTHREADS=2 -DCALLS=3
 * run      -DTHREADS=3 -DCALLS=2
 * bug      BUG_FREE_NOTED_LATE: a free is noted after it was done
 * bug      BUG_ALLOC_NOTED_EARLY: an allocation is noted, where it would be, before it is done
 * bug      BUG_MOVE_UNLOCKED: the lock is not held while a block is resized, only for the note
 */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef CALLS
#define CALLS 3
#endif

bool live[THREADS];  /* addresses that the heap has given out */
bool noted[THREADS]; /* those that are live in the trace */
bool recorder;       /* its lock */
byte ended;

inline lock_recorder()
{
	atomic { !recorder -> recorder = true }
}

/* Under the heap's lock, so one step. Any address that is free may be given. */
inline heap_alloc()
{
	atomic {
		at = 0;
		do
		:: !live[at] -> break
		:: at < THREADS - 1 -> at++
		:: live[at] && at == THREADS - 1 ->
			at = THREADS;
			break
		od;
		if
		:: at < THREADS -> live[at] = true
		:: else
		fi
	}
}

inline note_alloc()
{
	lock_recorder();
	d_step {
		assert(!noted[at]);
		noted[at] = true;
		recorder = false
	}
}

inline note_free()
{
	lock_recorder();
	d_step {
		assert(noted[mine]);
		noted[mine] = false;
		recorder = false
	}
}

proctype thread()
{
	byte calls, mine = THREADS, at = THREADS; /* THREADS: no block */

	do
	:: calls < CALLS && mine == THREADS ->
		calls++;
#ifdef BUG_ALLOC_NOTED_EARLY
		at = 0;
		do
		:: !live[at] -> break
		:: at < THREADS - 1 -> at++
		od;
		note_alloc();
		atomic {
			assert(!live[at]);
			live[at] = true
		}
#else
		heap_alloc();
		if
		:: at < THREADS -> note_alloc()
		:: else
		fi;
#endif
		atomic {
			mine = at;
			at = THREADS
		}
	:: mine != THREADS ->
#ifdef BUG_FREE_NOTED_LATE
		live[mine] = false;
		note_free();
#else
		note_free();
		live[mine] = false;
#endif
		mine = THREADS
	:: calls < CALLS && mine != THREADS -> /* realloc, which moves */
		calls++;
#ifndef BUG_MOVE_UNLOCKED
		lock_recorder();
#endif
		heap_alloc();
		if
		:: at < THREADS ->
			live[mine] = false;
#ifdef BUG_MOVE_UNLOCKED
			lock_recorder();
#endif
			d_step {
				assert(noted[mine] && !noted[at]);
				noted[mine] = false;
				noted[at] = true;
				mine = at
			}
#ifdef BUG_MOVE_UNLOCKED
			recorder = false
#endif
		:: else
		fi;
		atomic {
			at = THREADS;
#ifndef BUG_MOVE_UNLOCKED
			recorder = false
#endif
		}
	:: calls == CALLS && mine == THREADS -> break
	od;
	ended++
}

init
{
	byte n;

	atomic {
		for (n : 0 .. THREADS - 1) {
			run thread()
		}
	}
	ended == THREADS;
	for (n : 0 .. THREADS - 1) {
		assert(!noted[n] && !live[n])
	}
}

ltl ends { <> (ended == THREADS) }
