/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hardening level 2: a signal handler that allocates and frees while its thread begins, fills, flushes or ends its rows
 * of waiting blocks.
 *
 * models   framework/dropin/waiting.c: begin_thread waiting_add_first waiting_add_from_heap let_oldest_go take_rows
 * models   framework/dropin/waiting.c: flush waiting_flush end_thread
 * models   framework/dropin/waiting.h: waiting_take waiting_add
 * holds    no block is handed out while it waits, and none is freed twice
 * holds    rows are used only by who has them, and not after they were given back
 * holds    in the end no block waits: each is held, or freed for good
 * bounds   one thread, 3 blocks of slabs in a row of 2 and 3 of the heap in a row of 2; handlers at every step, one at a
 *          time, each with one call; any number of operations. The fast paths are one step: what a handler does in
 *          their middle is not guarded, as docs/pages/dropin.md says. A thread that never had rows has no destructor:
 *          no handler comes between its last call and its end
 * memory   A handler runs on its own thread, so only the compiler could reorder; the signal fences of busy_begin and
 *          busy_end, and those behind take_rows, keep it from that.
 * bug      BUG_BEGUN_TWICE: begin_thread does not look again once it is busy
 * bug      BUG_READ_EARLY: waiting_flush reads which rows it flushes before it is busy
 * bug      BUG_VISIBLE: flush leaves the rows to handlers
 * bug      BUG_IDLE_FIRST: waiting_flush ends being busy before the thread has its rows back
 * bug      BUG_HEAP_WHILE_BUSY: a handler's block of the heap is added though the thread is busy
 * bug      BUG_NOT_ENDED: a handler may begin rows when the thread's have ended
 */
#define BLOCKS 3
#define ROOM 2
#define ALL (2 * BLOCKS) /* blocks of slabs come first, then those of the heap */

mtype = { HELD, LEAVING, WAITS, HOME };

/* Rows, by number; 0 is waiting_none. One block of the heap may be too many, until the oldest is let go. */
chan small[3] = [ROOM] of { byte };
chan large[3] = [ROOM + 1] of { byte };
bool gone[3];
mtype state[ALL];
byte begun, now, key; /* `now` is waiting_thread */
bool busy, ended, dead;
byte block, out; /* in the middle of a step */

/* ---- In one step */

inline home(b, was)
{
	assert(state[b] == was);
	state[b] = HOME
}

/* One of the blocks from `first` on, if one of them is in that state. */
#define THERE_IS(first, in) (state[first] == in || state[first + 1] == in || state[first + 2] == in)

inline find(b, first, in)
{
	if
	:: state[first] == in -> b = first
	:: state[first] != in && state[first + 1] == in -> b = first + 1
	:: state[first] != in && state[first + 1] != in && state[first + 2] == in -> b = first + 2
	fi
}

inline leave(b, first)
{
	find(b, first, HELD);
	state[b] = LEAVING
}

inline from_home(first)
{
	if
	:: THERE_IS(first, HOME) ->
		find(out, first, HOME);
		state[out] = HELD;
		out = 0
	:: !THERE_IS(first, HOME)
	fi
}

inline begin_rows()
{
	assert(begun < 2);
	begun++;
	now = begun;
	key = begun
}

inline small_add(r, b)
{
	assert(r != 0 && !gone[r] && state[b] == LEAVING);
	if
	:: full(small[r]) ->
		small[r]?out;
		home(out, WAITS);
		out = 0
	:: nfull(small[r])
	fi;
	small[r]!b;
	state[b] = WAITS
}

/* From the row, while more than half of it is in use, or fresh memory. */
inline small_malloc()
{
	assert(!gone[now]);
	if
	:: full(small[now]) ->
		small[now]?out;
		assert(state[out] == WAITS);
		state[out] = HELD;
		out = 0
	:: nfull(small[now]) -> from_home(0)
	fi
}

/* ---- What a handler does, in one go: it is not interrupted itself */

#ifdef BUG_NOT_ENDED
#define MAY_BEGIN (!busy)
#else
#define MAY_BEGIN (!busy && !ended)
#endif
#ifdef BUG_HEAP_WHILE_BUSY
#define MAY_ADD_LARGE (now != 0 || MAY_BEGIN)
#else
#define MAY_ADD_LARGE (!busy && (now != 0 || MAY_BEGIN))
#endif

inline handler_begin()
{
	if
	:: now == 0 && MAY_BEGIN -> begin_rows()
	:: else
	fi
}

inline handler_go(row)
{
	row?out;
	home(out, WAITS);
	out = 0
}

inline handler_free_small()
{
	leave(block, 0);
	handler_begin();
	if
	:: now != 0 -> small_add(now, block)
	:: else -> home(block, LEAVING)
	fi
}

inline handler_free_large()
{
	leave(block, BLOCKS);
	if
	:: MAY_ADD_LARGE ->
		handler_begin();
		assert(!gone[now]);
		large[now]!block;
		state[block] = WAITS;
		if
		:: true -> handler_go(large[now])
		:: nfull(large[now])
		fi
	:: else -> home(block, LEAVING)
	fi
}

inline handler_flush()
{
	if
	:: now != 0 && !busy ->
		do
		:: nempty(small[now]) -> handler_go(small[now])
		:: empty(small[now]) && nempty(large[now]) -> handler_go(large[now])
		:: empty(small[now]) && empty(large[now]) -> break
		od
	:: else
	fi
}

/* Runs between any two steps of the thread. */
active proctype handler()
{
end:
	do
	:: atomic {
			!dead ->
			if
			:: THERE_IS(0, HELD) -> handler_free_small()
			:: THERE_IS(BLOCKS, HELD) -> handler_free_large()
			:: true -> small_malloc()
			:: true -> from_home(BLOCKS)
			:: true -> handler_flush()
			fi;
			block = 0
		}
	od
}

/* ---- The thread, step by step */

inline begin_thread()
{
	if
	:: now != 0
	:: else ->
		if
		:: busy || ended
		:: else ->
			busy = true;
#ifdef BUG_BEGUN_TWICE
			atomic { begin_rows() };
#else
			if
			:: atomic { now == 0 -> begin_rows() }
			:: now == 0 /* there is no memory for them */
			:: now != 0
			fi;
#endif
			busy = false
		fi
	fi
}

inline free_small()
{
	atomic {
		THERE_IS(0, HELD) ->
		leave(mine, 0)
	}
	if
	:: atomic { now != 0 -> small_add(now, mine) }
	:: now == 0 ->
		begin_thread();
		atomic {
			if
			:: now != 0 -> small_add(now, mine)
			:: else -> home(mine, LEAVING)
			fi
		}
	fi;
	mine = 0
}

/* The oldest block is read, and then the row moves on. */
inline let_oldest_go(row)
{
	row?<oldest>;
	row?_;
	home(oldest, WAITS);
	oldest = 0
}

inline free_large()
{
	atomic {
		THERE_IS(BLOCKS, HELD) ->
		leave(mine, BLOCKS)
	}
	begin_thread();
	if
	:: now == 0 -> home(mine, LEAVING)
	:: else ->
		busy = true;
		at = now;
		atomic {
			large[at]!mine;
			state[mine] = WAITS
		}
		do
		:: nempty(large[at]) -> let_oldest_go(large[at]) /* too many bytes wait */
		:: nfull(large[at]) -> break
		od;
		at = 0;
		busy = false
	fi;
	mine = 0
}

inline flush(r)
{
	assert(r != 0 && !gone[r]);
	do
	:: nempty(small[r]) -> let_oldest_go(small[r])
	:: empty(small[r]) -> break
	od;
	do
	:: nempty(large[r]) -> let_oldest_go(large[r])
	:: empty(large[r]) -> break
	od
}

/* `at`: the rows that were taken; 0: none. */
inline take_rows()
{
#ifdef BUG_READ_EARLY
	at = now;
#endif
	if
	:: now == 0 || busy -> at = 0
	:: else ->
		busy = true;
#ifndef BUG_READ_EARLY
		at = now;
#endif
#ifndef BUG_VISIBLE
		now = 0
#endif
	fi
}

inline waiting_flush()
{
	take_rows();
	if
	:: at != 0 ->
		flush(at);
#ifdef BUG_IDLE_FIRST
		busy = false;
		now = at
#else
		now = at;
		busy = false
#endif
	:: else
	fi;
	at = 0
}

inline end_thread()
{
	ended = true;
	take_rows();
	if
	:: at != 0 ->
		flush(at);
		busy = false
	:: else
	fi;
	now = 0;
	gone[key] = true
}

active proctype thread()
{
	byte mine, oldest, at, n;

	atomic {
		for (n : 0 .. ALL - 1) {
			state[n] = HELD
		}
		n = 0
	}
	do
	:: free_small()
	:: free_large()
	:: true ->
		atomic { small_malloc() }
	:: true ->
		atomic { from_home(BLOCKS) }
	:: true -> waiting_flush()
	:: break
	od;
	if
	:: key != 0 -> end_thread()
	:: atomic { key == 0 -> dead = true }
	fi;
	atomic {
		dead = true;
		for (n : 0 .. ALL - 1) {
			assert(state[n] != WAITS)
		}
	}
}
