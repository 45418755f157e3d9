/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal handler that allocates and frees while its own thread changes its slabs.
 *
 * models   framework/dropin/front.c: front_hide front_show front_event change_state make_partial retire postpone
 * models   framework/dropin/front.c: take_blocks front_refill front_free_foreign find_blocks
 * models   framework/dropin/front.h: front_push front_pop front_take
 * models   framework/dropin/outbox.c: outbox_send_one slab_collect
 * holds    no block is handed out twice
 * holds    a list has as many blocks as the slab's numbers say, whenever it is looked at: nobody is accused of a
 *          misuse
 * holds    a slab is retired only with all its blocks
 * holds    in the end no block is lost: each is held, on the thread's list, or on one of the slab's
 * holds    the thread never gets a second owner
 * bounds   one thread, one slab of BLOCKS blocks; handlers at every step, one at a time, each with one call; any
 *          number of operations. Between the end of a free's fast path and the flag one handler. The fast paths are
 *          one step: what a handler does in their middle is not guarded, as docs/pages/dropin.md says
 * memory   A handler runs on its own thread, so only the compiler could reorder; the signal fences of front_hide and
 *          front_show keep it from that, and `foreign` is atomic.
 * run      -DBLOCKS=2
 * run      -DBLOCKS=3
 * bug      BUG_SELF_VISIBLE: the owner stays visible while slabs change, so a handler's free pushes on the list in
 *          hand
 * bug      BUG_LATE_TAKE: front_refill takes the first block of the list after it has ended being busy
 * bug      BUG_OVERWRITES: front_refill does not look whether a handler has filled the list before it became busy
 * bug      BUG_EMPTY_BY_REST: change_state takes a slab for empty by `rest`, though a handler may have taken from it
 * bug      BUG_IDLE_FIRST: front_show ends being busy before the owner is visible again
 */
#ifndef BLOCKS
#define BLOCKS 2
#endif
#define ALL ((1 << BLOCKS) - 1)
#define COUNT(set) (((set)&1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))
#define OUT ((until + rest) & 255) /* numbers of a slab wrap, as in C */
#define FIRST(set) ((set) & ~((set)-1))

mtype = { FULL, PARTIAL, GONE };

/* The slab; lists are sets. */
mtype state = FULL;
byte free_list, foreign, until = 1, rest = BLOCKS - 1;

/* The thread. */
byte list, held = ALL;
bool busy, visible = true;
byte window; /* 1: one handler may come, 2: it came */

/* In the middle of a call. */
byte first, word, kept, out, block, taken;

/* Every block is somewhere, once. */
inline check_all()
{
	assert((held & list) == 0 && (held & free_list) == 0 && (held & foreign) == 0 && (list & free_list) == 0);
	assert((list & foreign) == 0 && (free_list & foreign) == 0);
	assert((held | list | free_list | foreign) == ALL);
	assert(state == GONE || OUT == BLOCKS - COUNT(free_list))
}

/* ---- What a handler does, in one go: it is not interrupted itself */

inline retire()
{
	assert(free_list == ALL);
	state = GONE
}

inline handler_change_state()
{
	if
	:: OUT == 0 -> retire()
	:: true -> until = until + rest; rest = 0; state = PARTIAL
	fi
}

inline handler_free()
{
	taken = FIRST(held);
	held = held & ~taken;
	if
	:: visible ->
		free_list = free_list | taken;
		until--;
		if
		:: until == 0 && busy -> /* postpone() */
			if
			:: rest > 0 -> until = 1; rest--
			:: else
			fi
		:: until == 0 && !busy -> handler_change_state()
		:: else
		fi
	:: !visible && busy -> foreign = foreign | taken
	:: else -> assert(false) /* it would begin a second owner */
	fi;
	taken = 0
}

inline handler_malloc()
{
	if
	:: list != 0 ->
		assert((FIRST(list) & held) == 0);
		held = held | FIRST(list);
		list = list & ~FIRST(list)
	:: list == 0 && busy /* the heap serves */
	:: list == 0 && !busy ->
		assert(visible);
				if
		:: state == GONE /* another slab serves */
		:: state != GONE && (free_list | foreign) != 0 ->
			free_list = free_list | foreign;
			foreign = 0;
			held = held | FIRST(free_list);
			list = free_list & ~FIRST(free_list);
			free_list = 0;
			state = FULL;
			until = 1;
			rest = BLOCKS - 1
		:: else
		fi;
		out = 0
	fi
}

/* Runs between any two steps of the thread; once only between the end of a free's fast path and the flag. */
active proctype handler()
{
end:
	do
	:: atomic {
			window != 2 && state != GONE ->
			if
			:: held != 0 -> handler_free()
			:: handler_malloc()
			fi;
			if
			:: window == 1 -> window = 2
			:: else
			fi
		}
	od
}

/* ---- The thread, step by step */

inline front_hide()
{
	atomic {
		busy = true;
		window = 0
	}
#ifndef BUG_SELF_VISIBLE
	visible = false
#endif
}

inline front_show()
{
#ifdef BUG_IDLE_FIRST
	busy = false;
	visible = true
#else
	visible = true;
	busy = false
#endif
}

inline collect()
{
	if
	:: foreign != 0 ->
		atomic {
			word = foreign;
			foreign = 0
		}
		kept = free_list; /* link_set(last, slab->free) */
		free_list = word | kept;
		out = OUT - COUNT(word);
		if
		:: state == PARTIAL || until > out -> until = out
		:: else
		fi;
		rest = out - until;
		atomic {
			word = 0;
			kept = 0;
			out = 0
		}
	:: else
	fi
}

inline take_blocks()
{
	out = BLOCKS - OUT; /* so many must be on the list */
	first = free_list;
	free_list = 0;
	state = FULL;
	until = 1;
	rest = BLOCKS - 1;
	assert(COUNT(first) == out); /* list_begins_well() */
	out = 0
}

inline pop()
{
	assert((FIRST(list) & held) == 0);
	held = held | FIRST(list);
	list = list & ~FIRST(list)
}

inline refill()
{
	front_hide();
	if
#ifndef BUG_OVERWRITES
	:: list != 0 -> front_show() /* the heap serves */
#else
	:: false
#endif
	:: else ->
		collect();
		if
		:: state == PARTIAL || free_list != 0 -> take_blocks()
		:: else
		fi;
#ifdef BUG_LATE_TAKE
		list = first;
		first = 0;
		front_show();
		atomic {
			assert(list != 0); /* the first block is read without another look */
			pop()
		}
#else
		atomic {
			/* None: the heap serves. */
			assert((FIRST(first) & held) == 0);
			held = held | FIRST(first);
			list = first & ~FIRST(first);
			first = 0
		}
		front_show()
#endif
	fi
}

inline event()
{
	front_hide();
	if
#ifdef BUG_EMPTY_BY_REST
	:: rest == 0 -> retire()
#else
	:: OUT == 0 -> retire()
#endif
	:: true -> /* make_partial(); without blocks out too, if no other of its class is partial */
		kept = until;
		out = kept + rest;
		kept = 0;
		until = out;
		out = 0;
		rest = 0;
		state = PARTIAL
	fi;
	front_show()
}

active proctype thread()
{
	do
	:: state == GONE -> break
	:: atomic { state != GONE && list != 0 -> pop() }
	:: state != GONE && list == 0 && (free_list | foreign) != 0 -> refill()
	:: atomic { /* front_push() */
			state != GONE && held != 0 ->
			block = FIRST(held);
			held = held & ~block;
			free_list = free_list | block;
			until--;
			block = 0;
			window = (until == 0)
		}
		if
		:: until == 0 -> event()
		:: else
		fi
	:: d_step { state != GONE -> check_all() }
	od
}
