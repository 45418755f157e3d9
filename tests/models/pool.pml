/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Empty slabs whose memory goes back to the system while the pool's lock is not held, and a fork in between.
 *
 * models   framework/dropin/pool.c: pool_take pool_give pool_trim pool_release pool_fork purge fresh put is_purged
 * holds    memory that the system takes back belongs to nobody
 * holds    a slab is in one place: on one list, with one owner, or being purged; none is given to two
 * holds    no slab is lost, in a forked child neither
 * holds    there is no deadlock
 * bounds   THREADS threads, SLABS slabs; any number of operations; one fork, by any thread at any time when it has the
 *          lock
 * memory   All is under one lock, but for the system's calls that a purge makes without it.
 * run      -DSLABS=2 -DTHREADS=2
 * run      -DSLABS=3 -DTHREADS=2
 * run      -DSLABS=2 -DTHREADS=3
 * bug      BUG_STILL_LISTED: a slab stays on the list until its memory is gone
 * bug      BUG_RELEASE_PURGING: is_purged takes a slab that is being purged for one that is
 * bug      BUG_FORGOTTEN: a child leaves the slabs that a thread of its parent was purging as they are
 */
#ifndef SLABS
#define SLABS 2
#endif
#ifndef THREADS
#define THREADS 2
#endif

mtype = { OWNED, POOLED, PURGING, PURGED, BARE };
mtype = { POOL, PURGED_LIST, BARE_LIST, NO_LIST };

mtype state[SLABS] = BARE, list[SLABS] = BARE_LIST; /* one that was never used is as good as a bare one */
byte owner[SLABS] = THREADS;                      /* THREADS: nobody */
bool lock, forked, gone[THREADS];

#define LISTED(s, l) (list[s] == l)

inline check()
{
	for (k : 0 .. SLABS - 1) {
		assert((list[k] == POOL) == (state[k] == POOLED));
		assert((list[k] == PURGED_LIST) == (state[k] == PURGED));
		assert((list[k] == BARE_LIST) == (state[k] == BARE));
		assert((state[k] == OWNED) == (owner[k] != THREADS));
		assert(!forked || state[k] != PURGING || purging_here)
	}
	k = 0
}

inline acquire()
{
	atomic { !lock -> lock = true }
}

inline release()
{
	d_step {
		check();
		lock = false
	}
}

/* Lock held. Any pooled slabs may have waited long enough; the set that goes is a bit each. */
inline purge()
{
	if
	:: skip
	:: atomic {
			for (k : 0 .. SLABS - 1) {
				if
				:: state[k] == POOLED ->
					run_set = run_set | (1 << k);
#ifndef BUG_STILL_LISTED
					state[k] = PURGING;
					list[k] = NO_LIST
#endif
				:: true
				fi
			}
			k = 0;
			purging_here = (run_set != 0)
		}
		if
		:: run_set != 0 ->
			release();
			/* madvise(); a child has only the thread that forked. */
			d_step {
				for (k : 0 .. SLABS - 1) {
					assert(gone[me] || !(run_set & (1 << k)) || (owner[k] == THREADS && state[k] != BARE))
				}
				k = 0
			}
			atomic {
				if
				:: gone[me] -> goto end
				:: !lock && !gone[me] -> lock = true
				fi
			}
			d_step {
				for (k : 0 .. SLABS - 1) {
					if
					:: run_set & (1 << k) ->
						state[k] = PURGED;
						list[k] = PURGED_LIST
					:: else
					fi
				}
				run_set = 0;
				purging_here = false;
				k = 0
			}
		:: else
		fi
	fi
}

/* Take from a list, if there is one: any, where the C code takes the first. */
inline take()
{
	k = 0;
	if
	:: LISTED(0, POOL) || LISTED(1, POOL) || LISTED(SLABS - 1, POOL) -> from = POOL
	:: else ->
		if
		:: LISTED(0, PURGED_LIST) || LISTED(1, PURGED_LIST) || LISTED(SLABS - 1, PURGED_LIST) -> from = PURGED_LIST
		:: else -> from = BARE_LIST
		fi
	fi;
	do
	:: k < SLABS && list[k] == from -> break
	:: k < SLABS -> k++
	:: k == SLABS -> break
	od;
	if
	:: k < SLABS ->
		assert(owner[k] == THREADS);
		list[k] = NO_LIST;
		state[k] = OWNED;
		owner[k] = me
	:: else
	fi;
	k = 0;
	from = 0
}

proctype thread(byte me)
{
	byte k, run_set;
	bool purging_here;
	mtype from;

	do
	:: gone[me] -> break
	:: else ->
		if
		:: atomic { !lock && !gone[me] -> lock = true }
			if
			:: purge(); /* pool_take() */
				atomic { take() }
			:: atomic { /* pool_give() */
					do
					:: k < SLABS && owner[k] == me ->
						owner[k] = THREADS;
						state[k] = POOLED;
						list[k] = POOL;
						break
					:: k < SLABS -> k++
					:: k == SLABS -> break
					od;
					k = 0
				}
				purge()
			:: purge() /* pool_trim() */
			:: purge(); /* pool_release() */
				d_step {
					for (k : 0 .. SLABS - 1) {
						if
#ifdef BUG_RELEASE_PURGING
						:: state[k] == PURGED || state[k] == PURGING ->
#else
						:: state[k] == PURGED ->
#endif
							state[k] = BARE;
							list[k] = BARE_LIST
						:: else
						fi
					}
					k = 0
				}
			:: !forked -> /* the child goes on, with this thread alone and what was the others' */
				d_step {
					forked = true;
					for (k : 0 .. THREADS - 1) {
						gone[k] = (k != me)
					}
#ifndef BUG_FORGOTTEN
					for (k : 0 .. SLABS - 1) { /* pool_fork() */
						if
						:: state[k] == PURGING ->
							state[k] = PURGED;
							list[k] = PURGED_LIST
						:: else
						fi
					}
#endif
					k = 0
				}
			fi;
			release()
		:: gone[me]
		fi
	od;
end:
	skip
}

init
{
	byte n;

	atomic {
		for (n : 0 .. THREADS - 1) {
			run thread(n)
		}
		n = 0
	}
}
