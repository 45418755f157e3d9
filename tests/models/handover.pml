/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A slab whose owner ends while others free its blocks, signal handlers among them: it is given up, adopted, found empty,
 * and begun anew.
 *
 * models   framework/dropin/front.c: end_thread leave_slabs adopt begin_slab front_look front_free_foreign
 * models   framework/dropin/pool.c: pool_abandon pool_adopt pool_look pool_look_at_all pool_give pool_take
 *          reclaim_if_empty put
 * models   framework/dropin/outbox.c: send slab_collect
 * holds    no block is handed out twice, or while somebody has it
 * holds    only one thread at a time has the slab, and a thread that reads its own name in it is that one
 * holds    until + rest is the number of blocks that are out, whenever the slab changes hands
 * holds    when all blocks are free and all threads have ended, the slab is in the pool: its last block home was
 *          noticed
 * holds    there is no deadlock, and all threads end
 * bounds   one slab of BLOCKS blocks; THREADS threads with LIVES lives each, in which they allocate up to twice; a new
 *          life has the address of the one before, as memory serves again. HANDLERS signal handlers in all, each of
 *          which frees a block while its thread is busy with its slabs or with another's
 * memory   The abandoning thread writes the owner and then reads the foreign list; the sender writes the list and then
 *          reads the owner. All four are sequentially consistent in the C code, so the model's interleaving is what
 *          they do; BUG_OWNER_RELAXED shows what a store buffer would do without. The relaxed load of abandoned_count
 *          may read an old 0: then nobody adopts, which the model always allows. `owner` is read relaxed by a free: a
 *          thread that reads an old name reads another thread's or nobody's, never its own, since its own it wrote
 *          itself.
 * run      -DBLOCKS=2 -DTHREADS=2 -DLIVES=2 -DHANDLERS=0
 * run      -DBLOCKS=2 -DTHREADS=2 -DLIVES=1 -DHANDLERS=2
 * run      -DBLOCKS=2 -DTHREADS=3 -DLIVES=1 -DHANDLERS=0
 * bug      BUG_NO_RECHECK: pool_abandon does not look whether the last block came home meanwhile
 * bug      BUG_OWNER_RELAXED: pool_abandon's store of the owner is seen only after it has read the foreign list
 * bug      BUG_SENDER_ASKS_FIRST: send reads the owner before it puts the chain on the list
 * bug      BUG_ANY_STATE: pool_look does not look whether the slab is abandoned by the time it has the lock
 * bug      BUG_NOT_LOOKED_LATER: nobody looks later at what a handler, which must not wait for the pool, sent home last
 * bug      BUG_GIVEN_UNCOLLECTED: leave_slabs decides by what is out before it has collected
 */
#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifndef THREADS
#define THREADS 2
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef HANDLERS
#define HANDLERS 2
#endif
#define NOBODY THREADS

mtype = { POOLED, OWNED, ABANDONED };

/* The slab. Its blocks differ in nothing but who has them, so lists are sets: bit b is block b. */
mtype state = POOLED;
byte owner = NOBODY;
byte free_list, foreign; /* foreign's count is the number of its bits, as both are one word */
byte out;                /* until + rest */
bool lock;

byte held[THREADS];    /* by the program, in this thread */
byte lists[THREADS];   /* taken from the slab, not handed out */
byte ended;
byte handlers = HANDLERS; /* that may still come */

#define ALL ((1 << BLOCKS) - 1)
#define COUNT(set) (((set)&1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))
#define FIRST(set) ((set) & ~((set)-1)) /* the lowest */

/* Each block is in one place, those that are out are not on the slab's list. */
inline check()
{
	d_step {
		assert((free_list & foreign) == 0);
		for (k : 0 .. THREADS - 1) {
			assert((held[k] & (free_list | foreign)) == 0);
			assert((lists[k] & (free_list | foreign)) == 0);
			assert(state != POOLED || held[k] == 0);
			for (j : 0 .. THREADS - 1) {
				assert((held[k] & lists[j]) == 0);
				assert(k == j || ((held[k] & held[j]) == 0 && (lists[k] & lists[j]) == 0))
			}
		}
		k = 0;
		j = 0
	}
}

/* Lock held. */
inline put()
{
	d_step {
		assert(out == 0 || taken == 0);
		free_list = 0;
		out = 0;
		owner = NOBODY;
		state = POOLED
	}
}

inline reclaim_if_empty()
{
#ifdef BUG_OWNER_RELAXED
	taken = foreign;
	owner = NOBODY;
#endif
	if
#ifdef BUG_OWNER_RELAXED
	:: COUNT(taken) == out ->
#else
	:: COUNT(foreign) == out ->
#endif
		d_step {
			taken = foreign;
			foreign = 0;
			assert(COUNT(taken) == out); /* nothing came in between */
			taken = 0
		}
		put()
	:: else
	fi;
	taken = 0
}

inline slab_collect()
{
	d_step {
		free_list = free_list | foreign;
		out = out - COUNT(foreign);
		foreign = 0
	}
}

#if HANDLERS > 0
#define INTERRUPT interrupt();
#define LOOK_LATER look_later();
#else
#define INTERRUPT
#define LOOK_LATER
#endif

/* A handler on a thread that is busy frees a block, as one of another thread's, and does not wait for the pool. */
inline interrupt()
{
	if
	:: handlers > 0 && held[me] != 0 ->
		atomic {
			handlers--;
			sent = FIRST(held[me]);
			held[me] = held[me] & ~sent;
			foreign = foreign | sent;
			sent = 0
		}
		if
		:: owner == NOBODY -> later = true
		:: else
		fi
	:: true
	fi
}

/* front_look(). Meanwhile the thread is busy once more. */
inline look_later()
{
#ifndef BUG_NOT_LOOKED_LATER
	do
	:: later ->
		later = false;
		atomic { !lock -> lock = true }
		INTERRUPT
		if
		:: state == ABANDONED -> reclaim_if_empty()
		:: else
		fi;
		INTERRUPT
		lock = false
	:: else -> break
	od;
#endif
	later = false
}

/* send() of one block; each step is one access to memory that others see. */
inline send()
{
#ifdef BUG_SENDER_ASKS_FIRST
	is_nobody = (owner == NOBODY);
	foreign = foreign | block;
#else
	foreign = foreign | block;
	is_nobody = (owner == NOBODY);
#endif
	if
	:: is_nobody -> /* pool_look() */
		atomic { !lock -> lock = true }
		if
#ifdef BUG_ANY_STATE
		:: true -> reclaim_if_empty()
#else
		:: state == ABANDONED -> reclaim_if_empty()
#endif
		:: state != ABANDONED
		fi;
		INTERRUPT
		lock = false
	:: else
	fi;
	is_nobody = false;
	INTERRUPT
	LOOK_LATER
}

inline free_one()
{
	atomic {
		block = FIRST(held[me]);
		held[me] = held[me] & ~block
	}
	if
	:: owner == me -> /* front_push() */
		d_step {
			assert(state == OWNED);
			free_list = free_list | block;
			out--
		}
	:: else -> send()
	fi;
	block = 0
}

proctype thread(byte me)
{
	byte taken, block, sent, k, j, lives, calls, to;
	bool is_nobody, later;

	do
	:: lives < LIVES ->
		do
		:: calls < 2 && lists[me] == 0 -> /* malloc that needs a slab */
			calls++;
			INTERRUPT
			if
			:: owner == me && out != BLOCKS -> atomic {
					lists[me] = free_list;
					free_list = 0;
					out = BLOCKS
				}
			:: owner == me -> slab_collect()
			:: owner != me ->
				atomic { !lock -> lock = true }
				if
				:: state == ABANDONED -> /* pool_adopt() */
					d_step {
						state = OWNED;
						owner = me
					}
					lock = false;
					INTERRUPT
					slab_collect();
					INTERRUPT
					assert(out == BLOCKS - COUNT(free_list));
					atomic {
						lists[me] = free_list;
						free_list = 0;
						out = BLOCKS
					}
				:: state == POOLED -> /* pool_take() and carve() */
					d_step {
						assert(owner == NOBODY && free_list == 0);
						state = OWNED;
						owner = me
					}
					lock = false;
					d_step {
						assert(foreign == 0);
						lists[me] = ALL;
						out = BLOCKS
					}
				:: state == OWNED -> lock = false
				fi
			fi;
			INTERRUPT
			LOOK_LATER
		:: lists[me] != 0 -> /* malloc; the block may go to another thread that lives */
			atomic {
				assert((lists[me] & (free_list | foreign)) == 0);
				to = me;
				if
				:: skip
				:: to = (me + 1) % THREADS
				fi;
				if
				:: ended & (1 << to) -> to = me
				:: else
				fi;
				held[to] = held[to] | FIRST(lists[me]);
				lists[me] = lists[me] & ~FIRST(lists[me]);
				to = 0;
				check()
			}
		:: held[me] != 0 -> free_one()
		:: break
		od;
		/* end_thread(): what is on the list goes back, then the slab goes. */
		do
		:: lists[me] != 0 -> atomic {
				free_list = free_list | FIRST(lists[me]);
				lists[me] = lists[me] & ~FIRST(lists[me]);
				out--
			}
		:: else -> break
		od;
		if
		:: owner == me ->
#ifdef BUG_GIVEN_UNCOLLECTED
			is_nobody = (out == COUNT(foreign));
#else
			slab_collect();
			INTERRUPT
			is_nobody = (out == 0);
#endif
			atomic { !lock -> lock = true }
			INTERRUPT
			assert(out == BLOCKS - COUNT(free_list));
			if
			:: is_nobody -> put() /* pool_give() */
			:: else -> /* pool_abandon() */
				state = ABANDONED;
				INTERRUPT
#ifndef BUG_OWNER_RELAXED
				owner = NOBODY;
#endif
				INTERRUPT
#ifdef BUG_NO_RECHECK
				skip
#else
				reclaim_if_empty()
#endif
			fi;
			is_nobody = false;
			INTERRUPT
			lock = false;
			INTERRUPT
			LOOK_LATER
		:: else
		fi;
		calls = 0;
		lives++
	:: else -> break
	od;
	/* No more is given to it; what it still has it frees as a thread without slabs. */
	atomic {
		ended = ended | (1 << me);
		lives = 0
	}
	do
	:: held[me] != 0 -> free_one()
	:: else -> break
	od;
	ended = ended | (16 << me)
}

init
{
	byte n;

	atomic {
		do
		:: n < THREADS ->
			run thread(n);
			n++
		:: else -> break
		od;
		n = 0
	}
	/* All have ended and freed all that they had. */
	(ended >> 4) == (1 << THREADS) - 1;
	assert(state == POOLED && owner == NOBODY && out == 0 && foreign == 0 && !lock)
}

ltl ends { <> ((ended >> 4) == (1 << THREADS) - 1) }
