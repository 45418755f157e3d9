/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What leaves a row, and the rows' beginning and end. A block that leaves must be as it was when it came.
 *
 * Modelled in tests/models/rows.pml: what signal handlers meet.
 */
#include "framework/dropin/waiting.h"

#include <pthread.h>
#include <stdatomic.h>

#include "framework/dropin/central.h"
#include "framework/dropin/front.h"
#include "framework/dropin/guard.h"
#include "framework/dropin/seal.h"
#include "framework/port.h"

enum {
	HEAP_ROOM = 1024, /* blocks of the heap in a row */
	ROW_SHARE = 32,   /* a row of slabs' blocks has one part in so many of the bytes that the heap's has */
	ROW_MAX = 1024    /* blocks in it; a power of two */
};

struct waiting waiting_none;
_Thread_local struct waiting *waiting_thread = &waiting_none;

/* A thread's rows, and the one of larger blocks. */
struct rows {
	struct waiting of_slabs;
	ptrdiff_t room; /* bytes of the heap's blocks that may be added */
	unsigned first, end;
	struct heap_block {
		char *p;
		size_t size;
	} blocks[HEAP_ROOM];
	char *places[]; /* of the rows of slabs' blocks */
};

static _Thread_local struct {
	bool busy;  /* a signal handler of this thread must not begin rows, nor touch the heap's */
	bool ended; /* this thread has no rows any more */
} own;

static size_t waiting_bytes; /* 0: nothing waits */
static pthread_key_t key;

/* Around all that changes the heap's row, or which rows are the thread's. The fences are for handlers on this thread. */
static void busy_begin(void)
{
	own.busy = true;
	atomic_signal_fence(memory_order_seq_cst);
}

static void busy_end(void)
{
	atomic_signal_fence(memory_order_seq_cst);
	own.busy = false;
}

/* ---- Leaving */

/* Free a block for good, if nobody wrote to it where its link will be; else nobody gets it again. The rest of it is looked
 * at when it serves again, or with its slab. */
static inline void let_go_in_slab(char *p, struct slab *slab)
{
	if (__builtin_expect(word_at(p) != 0, 0))
		guard_refuse_written("free", p, slab->size);
	else if (!front_push(p))
		front_free_foreign(slab, p);
}

static void let_go_in_heap(char *p, size_t size)
{
	if (!blank_ends_are_whole(p, size - SEAL_WORD) || seal_error(seal_read(p, size), p) != SEAL_WAITS) {
		guard_refuse_written("free", p, size);
	} else {
		seal_live(p, size, size - SEAL_WORD);
		serve_free("free", p);
	}
}

/* ---- Beginning */

/* Blocks that a row of a class has room for. */
static uint32_t row_room(size_t class)
{
	size_t blocks = waiting_bytes / ROW_SHARE / class_size(class);
	uint32_t room = 2;

	while (room < ROW_MAX && room * 2 <= blocks)
		room *= 2;
	return room;
}

/* NULL: the system has no memory for them. */
static struct rows *new_rows(void)
{
	size_t places = 0, at = 0;
	struct rows *rows;

	for (size_t class = 1; class < CLASSES; class ++)
		places += row_room(class);
	rows = central_calloc("free", sizeof *rows + places * sizeof *rows->places);
	if (!rows)
		return NULL;
	for (size_t class = 1; class < CLASSES; class ++) {
		rows->of_slabs.rows[class] = (struct waiting_row){
			.blocks = rows->places + at, .room = row_room(class), .size = (uint32_t)class_size(class)};
		at += row_room(class);
	}
	rows->room = (ptrdiff_t)waiting_bytes;
	return rows;
}

/* False: this thread's blocks do not wait. */
__attribute__((noinline)) static bool begin_thread(void)
{
	int kept = osm_port_errno();
	struct rows *rows;

	if (waiting_thread != &waiting_none)
		return true;
	if (own.busy || own.ended || waiting_bytes == 0)
		return false;
	busy_begin();
	/* A handler may have begun them before it found this thread busy. */
	if (waiting_thread == &waiting_none && (rows = new_rows()) != NULL) {
		waiting_thread = &rows->of_slabs;
		pthread_setspecific(key, rows);
	}
	busy_end();
	osm_port_set_errno(kept);
	return waiting_thread != &waiting_none;
}

/* ---- Slabs' blocks */

static char *row_take(struct waiting_row *row)
{
	return row->blocks[row->first++ & (row->room - 1)];
}

void waiting_refuse(const char *p, size_t slack)
{
	guard_refuse_broken("free", p, slab_of(p)->size, slack);
}

void waiting_add_first(char *p, size_t slack)
{
	struct slab *slab = slab_of(p);

	if (begin_thread()) {
		waiting_add(p, slab->size, slack);
	} else if (!slack_is_whole(p, slab->size, slack)) {
		waiting_refuse(p, slack);
	} else {
		slack_clear(p, slab->size, slack);
		let_go_in_slab(p, slab);
	}
}

void waiting_add_to_full(struct waiting_row *row, char *p)
{
	char *oldest = row_take(row);

	row->blocks[row->end++ & (row->room - 1)] = p;
	__builtin_prefetch(row->blocks[row->first & (row->room - 1)], 1);
	let_go_in_slab(oldest, slab_of(oldest));
}

/* ---- The heap's blocks */

static void let_oldest_go(struct rows *rows)
{
	struct heap_block oldest = rows->blocks[rows->first];

	rows->first = (rows->first + 1) % HEAP_ROOM;
	rows->room += (ptrdiff_t)oldest.size;
	let_go_in_heap(oldest.p, oldest.size);
}

void waiting_add_from_heap(char *p, size_t size)
{
	struct rows *rows;

	/* One that is too large has a mapping of its own, or would push out all others. */
	if (own.busy || size > waiting_bytes / 2 || !begin_thread()) {
		let_go_in_heap(p, size);
		return;
	}
	busy_begin();
	rows = (struct rows *)waiting_thread;
	rows->blocks[rows->end] = (struct heap_block){p, size};
	rows->end = (rows->end + 1) % HEAP_ROOM;
	rows->room -= (ptrdiff_t)size;
	while (rows->room < 0 || rows->end == rows->first)
		let_oldest_go(rows);
	busy_end();
}

/* ---- The end */

static void flush(struct rows *rows)
{
	for (size_t i = 0; i < FRESH; i++) {
		waiting_fresh fresh = rows->of_slabs.fresh[i];

		rows->of_slabs.fresh[i] = 0;
		if (fresh)
			waiting_settle(&rows->of_slabs, fresh);
	}
	for (size_t class = 1; class < CLASSES; class ++) {
		struct waiting_row *row = &rows->of_slabs.rows[class];

		while (row->end != row->first) {
			char *oldest = row_take(row);

			/* There may be nobody who looks later. */
			if (!slack_is_blank(oldest, row->size, 0))
				guard_refuse_written("free", oldest, row->size);
			else
				let_go_in_slab(oldest, slab_of(oldest));
		}
	}
	while (rows->first != rows->end)
		let_oldest_go(rows);
}

/* Take this thread's rows away from its signal handlers, whose blocks do not wait meanwhile; NULL: there are none, or a
 * handler asks. The caller gives them back, or not, and ends being busy. Which they are is read when no handler can begin
 * others any more. */
static struct rows *take_rows(void)
{
	struct rows *rows;

	if (waiting_thread == &waiting_none || own.busy)
		return NULL;
	busy_begin();
	rows = (struct rows *)waiting_thread;
	waiting_thread = &waiting_none;
	atomic_signal_fence(memory_order_seq_cst);
	return rows;
}

void waiting_flush(void)
{
	struct rows *rows = take_rows();

	if (!rows)
		return;
	flush(rows);
	atomic_signal_fence(memory_order_seq_cst);
	waiting_thread = &rows->of_slabs;
	busy_end();
}

static void end_thread(void *rows)
{
	own.ended = true;
	if (take_rows()) {
		flush(rows);
		busy_end();
	}
	waiting_thread = &waiting_none;
	central_free("free", rows);
}

void waiting_begin(size_t bytes)
{
	/* Any block of a slab may wait. */
	if (bytes >= 2 * CLASS_MAX && pthread_key_create(&key, end_thread) == 0)
		waiting_bytes = bytes;
}
