/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signal handlers that come where their thread holds what they need: the heap, the pool, the trace, or all of them while it
 * forks. What fails here hangs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "framework/dropin/central.h"
#include "framework/dropin/central_heaps.h"
#include "framework/dropin/family.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/recorder.h"
#include "framework/dropin/report.h"
#include "tests/dropin/interrupted.h"

enum { LARGE = 100000, FORKS = 50 };

static volatile sig_atomic_t alarms;

/* ---- In the heap */

static size_t heap_blocks(void)
{
	struct osm_stats stats;

	central_stats(&stats);
	return stats.live_blocks;
}

static void what_is_freed_in_the_heap_is_free_after_the_next_call(void **state)
{
	size_t before;
	char *p;

	(void)state;
	family_free(family_malloc(1)); /* whatever comes first has come */
	before = heap_blocks();
	p = family_malloc(LARGE);
	assert_int_equal(heap_blocks(), before + 1);
	assert_true(central_enter());
	family_free(p);
	central_leave("test");
	assert_int_equal(heap_blocks(), before);
}

static void realloc_in_the_heap_is_refused(void **state)
{
	char *p = family_malloc(LARGE);
	int told;

	(void)state;
	memset(p, 'm', LARGE);
	assert_true(central_enter());
	errno = 0;
	assert_null(family_realloc(p, 2 * LARGE));
	told = errno;
	central_leave("test");
	assert_int_equal(told, ENOMEM);
	assert_int_equal(p[LARGE - 1], 'm');
	family_free(p);
}

/* ---- While the thread forks */

static void on_alarm(int number)
{
	(void)number;
	alarms++;
	family_free(family_malloc(SIZE));
	family_free(family_malloc(LARGE));
}

static void handler_of_a_thread_that_forks_waits_for_nobody(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, kept;
	struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};

	(void)state;
	sigaction(SIGALRM, &action, &kept);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		wait_for(pid);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &kept, NULL);
	assert_true(alarms > 0);
}

static void fork_here(int number)
{
	pid_t pid;

	(void)number;
	pid = fork();
	if (pid == 0)
		_exit(0);
	wait_for(pid);
	alarms++;
}

/* It hangs if it fails. */
static void handler_forks_in_the_heap(void **state)
{
	struct sigaction action = {.sa_handler = fork_here, .sa_flags = SA_RESTART}, kept;
	pid_t pid;

	(void)state;
	sigaction(SIGALRM, &action, &kept);
	alarms = 0;
	assert_true(central_enter());
	raise(SIGALRM);
	central_leave("test");
	pool_lock();
	raise(SIGALRM);
	pool_unlock();
	recorder_lock();
	raise(SIGALRM);
	recorder_unlock();
	sigaction(SIGALRM, &kept, NULL);
	assert_int_equal(alarms, 3);
	/* The next one takes the locks, and lets them go. */
	pid = fork();
	if (pid == 0)
		_exit(!family_malloc(LARGE));
	assert_int_equal(wait_for(pid), 0);
}

static void ask(int number)
{
	(void)number;
	report_trim(0);
	report_mallinfo();
	alarms++;
}

/* Where its thread holds the pool or the heap: it hangs if it fails. */
static void handler_asks_for_figures_and_trims(void **state)
{
	struct sigaction action = {.sa_handler = ask, .sa_flags = SA_RESTART}, kept;

	(void)state;
	sigaction(SIGALRM, &action, &kept);
	alarms = 0;
	pool_lock();
	raise(SIGALRM);
	pool_unlock();
	assert_true(central_enter());
	raise(SIGALRM);
	central_leave("test");
	sigaction(SIGALRM, &kept, NULL);
	assert_int_equal(alarms, 2);
	assert_true(report_mallinfo().arena > 0);
}

static int without_waiting(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_freed_in_the_heap_is_free_after_the_next_call),
		cmocka_unit_test(realloc_in_the_heap_is_refused),
		cmocka_unit_test(handler_of_a_thread_that_forks_waits_for_nobody),
		cmocka_unit_test(handler_forks_in_the_heap),
		cmocka_unit_test(handler_asks_for_figures_and_trims),
	};

	return cmocka_run_group_tests_name("handlers", tests, NULL, NULL);
}

static int with_waiting(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_freed_in_the_heap_is_free_after_the_next_call),
		cmocka_unit_test(realloc_in_the_heap_is_refused),
	};

	return cmocka_run_group_tests_name("handlers-waiting", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	return with_and_without_waiting(argv, without_waiting, with_waiting);
}
