/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start, forks and end of a process.
 *
 * The first request starts everything, as it may come before any constructor; a constructor does in a process that asks
 * for nothing. A fork waits until no thread is inside the shared parts, so that the child finds them whole.
 *
 * Modelled in tests/models/start.pml and locks.pml.
 */
#include "framework/dropin/process.h"

#include <pthread.h>
#include <sys/single_threaded.h>

#include "framework/dropin/central.h"
#include "framework/dropin/front.h"
#include "framework/dropin/guard.h"
#include "framework/dropin/hardening.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/recorder.h"
#include "framework/dropin/report.h"
#include "framework/dropin/waiting.h"
#include "framework/port.h"

atomic_bool process_ready;

static struct osm_lock start_lock = OSM_LOCK_INITIAL;
static struct dropin_options options;

const struct dropin_options *process_options(void)
{
	return &options;
}

/* Forks of handlers, not over yet, whose thread may hold one of the locks and must not wait for itself. The child's copy of
 * it goes on and lets them go; what other threads hold stays locked there. */
static _Thread_local unsigned unlocked;

/* From the outermost lock to the innermost. */
static void before_fork(void)
{
	if (front_interrupts() || recorder_is_entered()) {
		unlocked++;
		return;
	}
	recorder_lock();
	pool_lock();
	central_lock();
}

static void after_fork_in_parent(void)
{
	if (unlocked > 0) {
		unlocked--;
		return;
	}
	central_unlock();
	pool_unlock();
	recorder_unlock();
}

static void after_fork_in_child(void)
{
	if (unlocked > 0) {
		unlocked--;
		recorder_fork();
		return;
	}
	central_unlock();
	pool_fork();
	pool_unlock();
	recorder_unlock();
	recorder_fork();
}

static bool begin(void)
{
	static bool is_read;

	if (!is_read)
		dropin_options_read(&options);
	is_read = true;
	if (HARDENING > 0)
		hardening_begin();
	if (!central_begin(&options))
		return false;
	if (options.trace[0])
		recorder_begin(options.trace);
	/* Traces and checks are about what the policy does: it places everything then. */
	if (options.front && !options.trace[0] && options.check == 0)
		front_begin();
	if (HARDENING == 2)
		waiting_begin(options.waiting);
	return true;
}

bool process_start(void)
{
	bool started = false, ready;

	osm_lock(&start_lock);
	ready = atomic_load_explicit(&process_ready, memory_order_relaxed);
	if (!ready && begin()) {
		/* release: see process_started() */
		atomic_store_explicit(&process_ready, true, memory_order_release);
		started = ready = true;
	}
	osm_unlock(&start_lock);
	/* May allocate. Registered first, so that the handlers of others run while the heap can be used. */
	if (started)
		pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
	return ready;
}

__attribute__((constructor)) static void at_start(void)
{
	if (process_start() && options.sites)
		recorder_begin_sites();
}

__attribute__((destructor)) static void at_end(void)
{
	if (!process_started())
		return;
	if (HARDENING == 2)
		waiting_flush();
	/* Other threads may be changing what would be looked at. */
	if (HARDENING == 2 && __libc_single_threaded)
		guard_check("exit");
	recorder_trim();
	if (options.stats)
		report_write();
}
