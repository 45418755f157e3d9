/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Blocks that a thread frees of another thread's slabs, and the states of a slab meanwhile.
 *
 * models   framework/dropin/outbox.c: send outbox_add outbox_send_all slab_collect
 * models   framework/dropin/front.c: make_full make_partial retire change_state postpone front_event take_blocks carve
 * models   framework/dropin/front.c: search_full begin_slab find_blocks front_refill
 * models   framework/dropin/front.h: front_take front_push
 * holds    no block is handed out twice, or while somebody has it
 * holds    until + rest is the number of blocks that are out, whenever the owner is not in the middle of something
 * holds    a slab is retired only with all its blocks
 * holds    when all have freed what they had, all blocks are on the slabs' own lists
 * holds    there is no deadlock
 * bounds   an owner with SLABS slabs of BLOCKS blocks, SENDERS threads that free for it, chains of up to CHAIN blocks;
 *          any number of operations; a second slab has one block
 * memory   The words that link a chain are plain. The sender's compare-and-swap on `foreign` releases them and the
 *          owner's exchange acquires them, so the interleaving of whole steps is what the owner can see. The relaxed
 *          look of slab_collect may read an old 0: `is_stale` lets it. The relaxed load of send is only a guess, which
 *          the compare-and-swap confirms.
 * run      -DSLABS=1 -DBLOCKS=2 -DSENDERS=2
 * run      -DSLABS=1 -DBLOCKS=3 -DSENDERS=2
 * run      -DSLABS=2 -DBLOCKS=2 -DSENDERS=1
 * run      -DSLABS=2 -DBLOCKS=2 -DSENDERS=2
 * bug      BUG_COLLECT_IN_TWO: the owner loads the foreign list and then writes 0, where it is an exchange
 * bug      BUG_LINK_ONCE: a sender whose compare-and-swap failed tries again without linking its chain anew
 * bug      BUG_UNTIL_KEPT: slab_collect leaves `until` above what is still out
 * bug      BUG_RETIRE_BY_UNTIL: a slab whose `until` is 0 is taken for empty, whatever `rest` is
 */
#ifndef SLABS
#define SLABS 2
#endif
#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifndef SENDERS
#define SENDERS 2
#endif
#define CHAIN 2

/* Blocks are 1 to ALL, slab s has those from s * BLOCKS + 1 on, a second slab only one; 0 is NULL. */
#define ALL (BLOCKS + SLABS - 1)
#define SLAB_OF(b) (((b)-1) / BLOCKS)
#define CAPACITY(s) (s == 0 -> BLOCKS : 1)

mtype = { FREE, OWNER, SENDER }; /* whose a block is for the program; FREE: it was freed */
mtype = { FULL, PARTIAL, SPARE };

mtype held[ALL + 1] = FREE;
byte next[ALL + 1];

/* struct slab: its fields, and the two halves of `foreign`, which change in one step. */
mtype state[SLABS] = SPARE;
byte free_list[SLABS], until[SLABS], rest[SLABS], carved[SLABS];
byte foreign_first[SLABS], foreign_count[SLABS];

byte list;       /* the thread's list of the class */
byte b, s, i;    /* the owner's own */
bool over;       /* nobody allocates any more */
byte senders_at_work = SENDERS;

inline make_full(slab)
{
	state[slab] = FULL;
	until[slab] = 1; /* enough(): an eighth, but at least one */
	rest[slab] = carved[slab] - 1
}

inline make_partial(slab)
{
	state[slab] = PARTIAL;
	until[slab] = until[slab] + rest[slab];
	rest[slab] = 0
}

inline has_partial(result)
{
	result = 0;
	for (i : 0 .. SLABS - 1) {
		if
		:: state[i] == PARTIAL -> result = 1
		:: else
		fi
	}
}

inline retire(slab)
{
	i = 0;
	b = free_list[slab];
	do
	:: b != 0 ->
		assert(held[b] == FREE && SLAB_OF(b) == slab);
		i++;
		b = next[b]
	:: else -> break
	od;
	assert(i == carved[slab]); /* none is out */
	state[slab] = SPARE;
	carved[slab] = 0;
	until[slab] = 0;
	rest[slab] = 0;
	free_list[slab] = 0
}

/* front_event() and change_state(): no other thread reads these fields, so it is one step. */
inline event(slab)
{
	state[slab] = FULL; /* in no list */
	has_partial(b);
	if
#ifdef BUG_RETIRE_BY_UNTIL
	:: b -> retire(slab)
	:: else -> make_partial(slab)
#else
	:: rest[slab] == 0 && b -> retire(slab)
	:: else -> make_partial(slab)
#endif
	fi
}

inline push(block)
{
	d_step {
		held[block] = FREE;
		s = SLAB_OF(block);
		next[block] = free_list[s];
		free_list[s] = block;
		until[s]--;
		if
		:: until[s] == 0 -> event(s)
		:: else
		fi
	}
}

byte taken_first, taken_count, last;
bool is_stale;

inline slab_collect(slab)
{
	if
	:: !over -> is_stale = true
	:: is_stale = false
	fi;
	if
	:: is_stale || foreign_first[slab] == 0
	:: !is_stale && foreign_first[slab] != 0 ->
		atomic {
			taken_first = foreign_first[slab];
			taken_count = foreign_count[slab];
#ifndef BUG_COLLECT_IN_TWO
			foreign_first[slab] = 0;
			foreign_count[slab] = 0
#endif
		}
#ifdef BUG_COLLECT_IN_TWO
		atomic {
			foreign_first[slab] = 0;
			foreign_count[slab] = 0
		}
#endif
		d_step {
			/* list_last(): the list has as many blocks as the word says. */
			last = taken_first;
			i = 1;
			do
			:: next[last] != 0 ->
				last = next[last];
				i++;
				assert(i <= ALL)
			:: else -> break
			od;
			assert(i == taken_count);
			next[last] = free_list[slab];
			free_list[slab] = taken_first;
			i = until[slab] + rest[slab] - taken_count; /* still out */
#ifdef BUG_UNTIL_KEPT
			if
			:: state[slab] == PARTIAL -> until[slab] = i
			:: else
			fi;
#else
			if
			:: state[slab] == PARTIAL || until[slab] > i -> until[slab] = i
			:: else
			fi;
#endif
			rest[slab] = i - until[slab];
			i = 0;
			last = 0;
			taken_first = 0;
			taken_count = 0
		}
	fi;
	is_stale = false
}

inline take_blocks(slab)
{
	d_step {
		list = free_list[slab];
		free_list[slab] = 0;
		make_full(slab)
	}
}

inline select_state(wanted)
{
	if
	:: state[0] == wanted -> s = 0
	:: state[SLABS - 1] == wanted -> s = SLABS - 1
	fi
}

inline select_any()
{
	s = 0;
	do
	:: break
	:: s < SLABS - 1 -> s++
	od
}

inline select_block(who)
{
	b = 1;
	do
	:: held[b] == who -> break
	:: b < ALL -> b++
	:: else -> break
	od
}

inline carve(slab)
{
	d_step {
		assert(free_list[slab] == 0 && foreign_first[slab] == 0);
		list = slab * BLOCKS + 1;
		for (i : 1 .. CAPACITY(slab) - 1) {
			next[slab * BLOCKS + i] = slab * BLOCKS + i + 1
		}
		next[slab * BLOCKS + CAPACITY(slab)] = 0;
		state[slab] = FULL;
		carved[slab] = CAPACITY(slab);
		until[slab] = 1; /* postpone() */
		rest[slab] = CAPACITY(slab) - 1;
		i = 0
	}
}

/* The state stays PARTIAL while a slab that was taken out of its list is collected. */
inline slab_collect_partial(slab)
{
	state[slab] = PARTIAL;
	slab_collect(slab)
}

/* Whichever partial slab comes first, then full ones, then one that is begun: more orders than the C code has. */
inline find_blocks()
{
	atomic {
		b = 0;
		has_partial(b);
		if
		:: b -> select_state(PARTIAL)
		:: else -> select_any()
		fi;
		b = 0;
		i = 0
	}
	if
	:: state[s] == PARTIAL ->
		state[s] = FULL; /* slabs_remove(); its numbers are still a partial one's: rest is 0 */
		slab_collect_partial(s);
		take_blocks(s)
	:: state[s] == FULL ->
		slab_collect(s);
		if
		:: free_list[s] != 0 -> take_blocks(s)
		:: free_list[s] != 0 && until[s] + rest[s] != 0 /* fewer than `least`: passed over */
		:: free_list[s] == 0
		fi
	:: state[s] == SPARE -> carve(s)
	fi;
	atomic {
		s = 0;
		i = 0
	}
}

inline check_counts()
{
	for (s : 0 .. SLABS - 1) {
		i = 0;
		b = free_list[s];
		do
		:: b != 0 ->
			i++;
			b = next[b]
		:: else -> break
		od;
		assert(until[s] + rest[s] == carved[s] - i);
		/* Only a slab without blocks out may wait for none. */
		assert(until[s] > 0 || rest[s] == 0)
	}
	s = 0;
	i = 0;
	b = 0
}

active proctype owner()
{
	do
	:: atomic {
			check_counts();
			if
			:: !over && list != 0 -> /* malloc; the program keeps the block, or hands it to a sender */
				b = list;
				list = next[b];
				assert(held[b] == FREE);
				if
				:: held[b] = OWNER
				:: held[b] = SENDER
				fi
			:: !over && list == 0 -> goto refill
			:: select_block(OWNER); /* free */
				if
				:: held[b] == OWNER -> push(b)
				:: else
				fi
			:: !over -> over = true
			:: over && senders_at_work == 0 -> break
			fi;
			b = 0;
			s = 0;
			i = 0
		}
		goto next_call;
refill:	find_blocks();
next_call:
		skip
	od;
	/* The end: what it holds, what is on its list, what was sent. */
	d_step {
		for (last : 1 .. ALL) {
			if
			:: held[last] == OWNER -> push(last)
			:: else
			fi
		}
		last = 0
	}
	d_step {
		do
		:: list != 0 ->
			last = next[list];
			push(list);
			list = last
		:: else -> break
		od;
		last = 0
	}
	s = 0;
	do
	:: s < SLABS ->
		slab_collect(s);
		assert(until[s] + rest[s] == 0);
		s++
	:: else -> break
	od;
	s = 0;
	check_counts();
	for (i : 1 .. ALL) {
		assert(held[i] == FREE)
	}
}

/* An outbox of one place: a chain for one slab. */
proctype sender()
{
	byte first, end, count, block, word_first, word_count;

	do
	:: atomic {
			/* Free the first block that the program gave to the senders. */
			block = 1;
			do
			:: held[block] != SENDER && block < ALL -> block++
			:: else -> break
			od;
			if
			:: held[block] == SENDER && (count == 0 || (SLAB_OF(first) == SLAB_OF(block) && count < CHAIN)) ->
				held[block] = FREE;
				next[block] = first;
				if
				:: count == 0 -> end = block
				:: else
				fi;
				first = block;
				count++
			:: else
			fi;
			block = 0
		}
	:: count > 0 -> /* send() */
		atomic {
			word_first = foreign_first[SLAB_OF(first)];
			word_count = foreign_count[SLAB_OF(first)]
		}
#ifdef BUG_LINK_ONCE
		next[end] = word_first;
#endif
		do
		:: atomic {
#ifndef BUG_LINK_ONCE
				next[end] = word_first;
#endif
				skip
			}
			atomic {
				if
				:: foreign_first[SLAB_OF(first)] == word_first && foreign_count[SLAB_OF(first)] == word_count ->
					foreign_count[SLAB_OF(first)] = word_count + count;
					foreign_first[SLAB_OF(first)] = first;
					break
				:: else ->
					word_first = foreign_first[SLAB_OF(first)];
					word_count = foreign_count[SLAB_OF(first)]
				fi
			}
		od;
		atomic {
			first = 0;
			end = 0;
			count = 0;
			word_first = 0;
			word_count = 0
		}
	:: atomic {
			over && count == 0 ->
			for (block : 1 .. ALL) {
				if
				:: held[block] == SENDER -> goto more
				:: else
				fi
			}
			senders_at_work--;
			break
		}
more:	block = 0
	od
}

init
{
	atomic {
		for (i : 1 .. SENDERS) {
			run sender()
		}
		i = 0
	}
}
