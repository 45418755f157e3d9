/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The start of a process by whoever asks for memory first.
 *
 * models   framework/dropin/process.c: process_start begin
 * models   framework/dropin/process.h: process_started
 * holds    begin succeeds once; whoever goes on sees all that it wrote, whole
 * holds    if the system has no memory the caller is told so, and a later call tries again
 * holds    the handlers for forks are registered once
 * holds    there is no deadlock
 * bounds   THREADS threads that ask CALLS times each; begin fails up to twice. No fork is under way: a second thread
 *          is made by a call that allocates, so the start is over by then
 * memory   What begin writes is plain. It may be seen in any order by who reads the flag without the lock, if nothing
 *          holds it back: `seen` is what has reached memory. The release of the flag waits for it, the acquiring load
 *          of process_started keeps the reads behind.
 * run      -DTHREADS=3 -DCALLS=2
 * bug      BUG_RELAXED: the flag is stored without release
 * bug      BUG_NOT_ASKED_AGAIN: process_start does not ask again when it has the lock
 * bug      BUG_EARLY_FLAG: the flag is set before begin
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef CALLS
#define CALLS 2
#endif

bool lock, ready;
bool written, seen; /* what begin makes: by the thread that does it; by all */
byte begun, failures, registered;

/* Stores reach memory when they like, unless a release waits for them or the lock is let go. */
active proctype memory()
{
end:
	do
	:: atomic { written && !seen -> seen = true }
	od
}

proctype thread()
{
	byte calls;
	bool started, is_ready;

	do
	:: calls < CALLS ->
		calls++;
		is_ready = ready; /* process_started() */
		if
		:: is_ready -> assert(seen)
		:: else ->
			atomic { !lock -> lock = true }
#ifdef BUG_NOT_ASKED_AGAIN
			is_ready = false;
#else
			is_ready = ready;
#endif
#ifdef BUG_EARLY_FLAG
			ready = true;
#endif
			if
			:: is_ready
			:: !is_ready && failures < 2 -> failures++
			:: !is_ready ->
				begun++;
				assert(begun == 1);
				written = true;
#ifndef BUG_RELAXED
				seen;
#endif
				ready = true;
				is_ready = true;
				started = true
			fi;
			seen || !written; /* an unlock is a release */
			lock = false;
			if
			:: started ->
				registered++;
				started = false
			:: else
			fi;
			if
			:: is_ready -> assert(seen)
			:: else
			fi
		fi
	:: else -> break
	od
}

init
{
	byte n;

	atomic {
		for (n : 1 .. THREADS) {
			run thread()
		}
	}
	_nr_pr == 2; /* memory and this one */
	assert(begun <= 1 && registered == begun && ready == (begun == 1) && !lock)
}
