/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trace of a process: one file under one lock.
 *
 * A forked child has its parent's blocks. Its own trace begins with them, with as many bytes as are usable. That takes a
 * walk over the heap, so it waits for the child's first allocation: most children run exec before.
 *
 * Modelled in tests/models: recorder.pml, the order of notes; tape.pml, what a kill leaves; locks.pml.
 */
#define _GNU_SOURCE
#include "framework/dropin/recorder.h"

#include <osmem/print.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "framework/dropin/central.h"
#include "framework/dropin/front.h"
#include "framework/dropin/seal.h"
#include "framework/dropin/sites.h"
#include "framework/dropin/tape.h"
#include "framework/port.h"
#include "framework/trace/code.h"

enum { CLOCK_EVERY = 64 }; /* notes between looks at the clock, which takes as long as a note */

static struct osm_lock lock = OSM_LOCK_INITIAL;
static atomic_bool runs;
static bool is_forked; /* the child's first note has not come yet */
static bool with_sites;
static char file_name[TAPE_NAME];
static struct tape tape;
static struct code_state state;
static uint64_t begin_time, time_now;
static unsigned notes;
static atomic_uint threads;

/* This thread is in the recorder: what it allocates there, or in a signal handler meanwhile, is not noted. */
static _Thread_local bool is_inside;
static _Thread_local uint32_t thread_number;

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void tape_open(void)
{
	const char *wrong = tape_begin(&tape, file_name);

	if (wrong)
		osm_dprintf(2, "osmem: OSMEM_TRACE=%s: %s; no trace is recorded\n", file_name, wrong);
	state = (struct code_state){0};
	begin_time = clock_ns();
	time_now = 0;
	atomic_store(&runs, !wrong && tape_write(&tape, code_head, sizeof code_head, CODE_CUT));
}

void recorder_begin(const char *name)
{
	memcpy(file_name, name, strlen(name) + 1);
	tape_open();
}

void recorder_begin_sites(void)
{
	with_sites = recorder_runs() && sites_begin();
}

bool recorder_runs(void)
{
	return atomic_load_explicit(&runs, memory_order_relaxed);
}

/* Without the lock, which the thread that asks may hold: the file tells all that is written, and its name stays. */
struct history recorder_history(const void *block)
{
	return recorder_runs() ? history_find(tape.path, block) : (struct history){0};
}

/* Lock held, as by all that follow. A file that takes no more ends the trace. */
static void put(const unsigned char *from, const unsigned char *to)
{
	if (!recorder_runs() || tape_write(&tape, from, (size_t)(to - from), CODE_CUT))
		return;
	osm_dprintf(2, "osmem: OSMEM_TRACE: %s: there is no room for more, or no right to write it; the trace ends there\n",
	            tape.path);
	atomic_store(&runs, false);
}

static void note(const struct osm_trace_op *op)
{
	unsigned char record[2 * CODE_MOST], *at = record;

	if (notes++ % CLOCK_EVERY == 0)
		time_now = clock_ns() - begin_time;
	at = code_mark(at, &state, thread_number, time_now);
	if (at > record)
		put(record, at);
	put(record, code_op(record, &state, op));
}

static bool inherit_block(const struct osm_block *block, void *except)
{
	size_t size = block->size;

	if (block->free || block->payload == except)
		return true;
	if (HARDENING > 0)
		size = seal_request(block->payload, size);
	note(&(struct osm_trace_op){.kind = OSM_TRACE_ALLOC, .id = (uintptr_t)block->payload, .size = size});
	return true;
}

/* What a forked child does first. `except` is a block that will be noted right away. */
static void inherit(const void *except)
{
	if (!is_forked)
		return;
	is_forked = false;
	sites_forget();
	tape_open();
	if (recorder_runs())
		central_walk(inherit_block, (void *)except);
}

/* Without the lock: see sites.h. 0: not wanted, or there are too many. `except` is as for inherit. */
static uint32_t find_site(const void *except)
{
	char text[SITE_TEXT];
	unsigned char record[CODE_MOST + SITE_TEXT], *at = record;
	struct site site;
	uint32_t number;

	if (!with_sites)
		return 0;
	sites_find(&site);
	osm_lock(&lock);
	inherit(except);
	number = sites_number(site.hash);
	osm_unlock(&lock);
	if (number)
		return number;
	size_t length = sites_describe(&site, text);
	osm_lock(&lock);
	number = sites_number(site.hash); /* another thread may have been faster */
	if (!number && recorder_runs() && (number = sites_add(site.hash)) != 0) {
		/* In one piece: a process that is killed in between would leave a name without its text. */
		*at++ = CODE_RECORD | CODE_NAME;
		at = code_number(at, length);
		memcpy(at, text, length);
		put(record, at + length);
	}
	osm_unlock(&lock);
	return number;
}

/* False: not to be noted. */
static bool enter(void)
{
	/* A handler whose thread holds a lock must not wait for this one, which others hold while they wait for that. */
	if (!recorder_runs() || is_inside || front_interrupts())
		return false;
	is_inside = true;
	/* A handler on this thread sees `is_inside` before any of what follows. */
	atomic_signal_fence(memory_order_seq_cst);
	if (!thread_number)
		thread_number = atomic_fetch_add(&threads, 1) + 1;
	return true;
}

static void note_alone(const void *p, struct osm_trace_op op)
{
	int kept = osm_port_errno();

	if (!p || !enter())
		return;
	op.id = op.id_after = (uintptr_t)p;
	op.site = find_site(op.kind == OSM_TRACE_FREE ? NULL : p);
	osm_lock(&lock);
	inherit(op.kind == OSM_TRACE_FREE ? NULL : p);
	if (recorder_runs())
		note(&op);
	osm_unlock(&lock);
	is_inside = false;
	osm_port_set_errno(kept);
}

void recorder_alloc(const void *p, size_t n)
{
	note_alone(p, (struct osm_trace_op){.kind = OSM_TRACE_ALLOC, .size = n});
}

void recorder_calloc(const void *p, size_t count, size_t each)
{
	note_alone(p, (struct osm_trace_op){.kind = OSM_TRACE_CALLOC, .count = count, .each = each});
}

void recorder_aligned(const void *p, size_t align, size_t n)
{
	note_alone(p, (struct osm_trace_op){.kind = OSM_TRACE_ALIGNED, .align = align, .size = n});
}

void recorder_free(const void *p)
{
	note_alone(p, (struct osm_trace_op){.kind = OSM_TRACE_FREE});
}

uint32_t recorder_move_begin(void)
{
	uint32_t site;

	if (!enter())
		return UINT32_MAX;
	site = find_site(NULL);
	osm_lock(&lock);
	inherit(NULL);
	return site;
}

void recorder_move_end(const void *from, const void *to, size_t n, uint32_t site)
{
	struct osm_trace_op op = {
		.kind = OSM_TRACE_REALLOC, .id = (uintptr_t)from, .id_after = (uintptr_t)to, .size = n, .site = site};

	if (site == UINT32_MAX)
		return;
	if (to && recorder_runs())
		note(&op);
	osm_unlock(&lock);
	is_inside = false;
}

void recorder_trim(void)
{
	osm_lock(&lock);
	tape_trim(&tape);
	osm_unlock(&lock);
}

/* A handler of the thread that forks must not wait for what it holds. */
void recorder_lock(void)
{
	is_inside = true;
	atomic_signal_fence(memory_order_seq_cst);
	osm_lock(&lock);
}

void recorder_unlock(void)
{
	osm_unlock(&lock);
	atomic_signal_fence(memory_order_seq_cst);
	is_inside = false;
}

bool recorder_is_entered(void)
{
	return is_inside;
}

void recorder_fork(void)
{
	if (!recorder_runs())
		return;
	/* A handler forked in the middle of a note, which the child's copy ends with the same bytes as its parent. */
	if (is_inside) {
		atomic_store(&runs, false);
		return;
	}
	tape_drop(&tape);
	is_forked = strstr(file_name, "%p") != NULL;
	atomic_store(&runs, is_forked);
}
