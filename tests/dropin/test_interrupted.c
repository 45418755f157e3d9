/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal handler that frees and allocates at every instruction of a change of slabs: the processor's trap flag runs it
 * there, one instruction further each time. And one that does so while its thread forks.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>

#include "framework/dropin/classes.h"
#include "framework/dropin/family.h"
#include "framework/dropin/front.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/slab.h"

enum { MANY = 70, SIZE = 1800, TRACED = 3, FORKS = 50 };

static size_t live_blocks(void)
{
	struct pool_stats stats;

	pool_count(&stats);
	return stats.live_blocks;
}

/* A block that its holder wrote to: two holders are told apart. */
static char *make(char mark)
{
	char *p = family_malloc(SIZE);

	if (p)
		memset(p, mark, SIZE);
	return p;
}

static bool drop(char *p, char mark)
{
	bool is_whole = !p || (p[0] == mark && p[SIZE / 2] == mark && p[SIZE - 1] == mark);

	family_free(p);
	return is_whole;
}

/* ---- At every instruction */

#ifdef __x86_64__

enum { CAN_TRACE = true, TRAP_FLAG = 0x100 };

static void trace_begin(void)
{
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | TRAP_FLAG);
}

static void trace_end(void)
{
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(unsigned long long)TRAP_FLAG);
}

/* In what a handler interrupted. */
static void trace_end_there(ucontext_t *interrupted)
{
	interrupted->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

#else

enum { CAN_TRACE = false };

static void trace_begin(void)
{
}

static void trace_end(void)
{
}

static void trace_end_there(ucontext_t *interrupted)
{
	(void)interrupted;
}

#endif

static char *volatile handlers; /* a block that is the handler's */
static volatile long steps_left;
static volatile bool is_good;

static void on_trap(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	/* The fast paths are not guarded. */
	if (!front_thread.busy || --steps_left > 0)
		return;
	if (!drop(handlers, 'h'))
		is_good = false;
	handlers = make('h');
	trace_end_there(context);
}

/* Free every fourth of some blocks. */
static void *drop_some(void *blocks)
{
	for (int i = 0; i < MANY; i += 4)
		if (!drop(((char **)blocks)[i], 'm'))
			is_good = false;
	return NULL;
}

/* Will the slab's state change when p is freed? */
static bool is_event(const char *p)
{
	return slab_holds(p) && slab_of(p)->until == 1;
}

/* Blocks go and come, so that slabs change their states and lists are filled; the first changes are traced, until the
 * handler has come. Some blocks come home as those that others freed. */
static void *change(void *unused)
{
	size_t class = class_of(SIZE);
	char *mine[MANY];
	int events = 0, refills = 0;
	pthread_t other;

	for (int i = 0; i < MANY; i++)
		mine[i] = make('m');
	handlers = make('h');
	if (pthread_create(&other, NULL, drop_some, mine) != 0)
		is_good = false;
	else
		pthread_join(other, NULL);
	for (int i = 0; i < MANY; i++) {
		int at = i * 3 % MANY;

		if (at % 4 == 0)
			continue;
		if (mine[at][0] != 'm')
			is_good = false;
		if (is_event(mine[at]) && steps_left > 0 && events++ < TRACED)
			trace_begin();
		family_free(mine[at]);
		trace_end();
	}
	for (int i = 0; i < MANY / 2; i++) {
		bool is_refill = !front_thread.lists[class];

		if (is_refill && steps_left > 0 && refills++ < TRACED)
			trace_begin();
		mine[i] = family_malloc(SIZE);
		trace_end();
		memset(mine[i], 'm', SIZE);
	}
	for (int i = 0; i < MANY / 2; i++)
		if (!drop(mine[i], 'm'))
			is_good = false;
	if (!drop(handlers, 'h'))
		is_good = false;
	return unused;
}

static void handler_at_every_instruction_loses_nothing(void **state)
{
	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO}, kept;
	size_t before = live_blocks();
	/* slow=1: every one of them */
	long stride = getenv("OSM_SLOW") && *getenv("OSM_SLOW") == '1' ? 1 : 5, when = 1;

	(void)state;
	if (!CAN_TRACE)
		skip();
	sigaction(SIGTRAP, &action, &kept);
	do {
		pthread_t thread;

		steps_left = when;
		is_good = true;
		assert_int_equal(pthread_create(&thread, NULL, change, NULL), 0);
		pthread_join(thread, NULL);
		if (!is_good || live_blocks() != before)
			print_message("at step %ld\n", when);
		assert_true(is_good);
		assert_int_equal(live_blocks(), before);
		when += stride;
	} while (steps_left <= 0);
	sigaction(SIGTRAP, &kept, NULL);
	print_message("%ld steps\n", when - stride);
	assert_in_range(when, 100, 1000000);
}

/* ---- While the thread forks */

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
	family_free(family_malloc(SIZE));
	family_free(family_malloc(100000));
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
		while (pid > 0 && waitpid(pid, NULL, 0) != pid)
			;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &kept, NULL);
	assert_true(alarms > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handler_at_every_instruction_loses_nothing),
		cmocka_unit_test(handler_of_a_thread_that_forks_waits_for_nobody),
	};

	(void)argc;
	/* At level 2 too a call shall change the slab of the block that it frees; the drop-in has begun before main(). */
	if (!getenv("OSMEM_QUARANTINE") && setenv("OSMEM_QUARANTINE", "0", 1) == 0)
		execv("/proc/self/exe", argv);
	return cmocka_run_group_tests_name("interrupted", tests, NULL, NULL);
}
