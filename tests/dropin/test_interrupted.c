/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal handler that frees and allocates at every instruction of a change of slabs: the processor's trap flag runs it
 * there, one instruction further each time. And one that does so while its thread forks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>

#include "framework/dropin/central.h"
#include "framework/dropin/central_heaps.h"
#include "framework/dropin/classes.h"
#include "framework/dropin/family.h"
#include "framework/dropin/front.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/recorder.h"
#include "framework/dropin/report.h"
#include "framework/dropin/slab.h"
#include "framework/dropin/waiting.h"

enum { MANY = 70, TRAPS = 3000000, FEW = 8, WAITING = 24, SIZE = 1800, LARGE = 100000, TRACED = 3, FORKS = 50 };

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
	/* What the handler left is read after it. */
	atomic_signal_fence(memory_order_seq_cst);
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
static volatile long steps_left, traps;
static volatile bool is_good;
static bool (*is_slow)(void); /* the fast paths are not guarded */

static void on_trap(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	traps++;
	if (!is_slow() || --steps_left > 0)
		return;
	if (!drop(handlers, 'h'))
		is_good = false;
	handlers = make('h');
	trace_end_there(context);
}

static bool changes_slabs(void)
{
	return front_thread.busy;
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

static void *come_and_go_again(void *unused)
{
	drop(make('m'), 'm');
	return unused;
}

/* Run a thread to its end, with a handler `when` steps later than the first; false: it lost something. */
static bool run_once(void *(*thread_of)(void *), long when)
{
	size_t before = live_blocks();
	pthread_t thread;

	steps_left = when;
	traps = 0;
	is_good = true;
	assert_int_equal(pthread_create(&thread, NULL, thread_of, NULL), 0);
	pthread_join(thread, NULL);
	/* What came home to a slab that was nobody's any more is found by who needs one of its class. */
	if (live_blocks() != before && pthread_create(&thread, NULL, come_and_go_again, NULL) == 0)
		pthread_join(thread, NULL);
	return is_good && live_blocks() == before;
}

/* Run a thread again and again, each time with a handler some steps later, until it comes too late: not more than `stride`
 * steps, if that takes no more than TRAPS traps. slow=1 takes shorter ones. */
static void at_steps(void *(*thread_of)(void *), bool (*where)(void), long stride)
{
	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO}, kept;
	bool is_long = getenv("OSM_SLOW") && *getenv("OSM_SLOW") == '1';
	long when = LONG_MAX, steps, least;

	if (!CAN_TRACE)
		skip();
	is_slow = where;
	sigaction(SIGTRAP, &action, &kept);
	assert_true(run_once(thread_of, when));
	steps = when - steps_left;
	least = (long)((double)steps * (double)traps / TRAPS);
	stride = is_long ? stride / 10 + 1 : stride;
	stride = stride > least ? stride : least | 1;
	for (when = 1; when == 1 || steps_left <= 0; when += stride) {
		bool is_well = run_once(thread_of, when);

		if (!is_well)
			print_message("at step %ld\n", when);
		assert_true(is_well);
	}
	sigaction(SIGTRAP, &kept, NULL);
	print_message("%ld steps, one in %ld\n", when - stride, stride);
	assert_in_range(when, 100, 1000000);
}

static void handler_at_every_instruction_loses_nothing(void **state)
{
	(void)state;
	at_steps(change, changes_slabs, 5);
}

/* ---- At a thread's end */

static pthread_key_t last_key;
static const char first_round, last_round;

static bool ends(void)
{
	return front_thread.busy || front_thread.ended;
}

/* The drop-in's keys are older, so this comes after what they do in each round. */
static void after_the_others(void *round)
{
	if (round == &first_round) {
		pthread_setspecific(last_key, &last_round);
		return;
	}
	trace_end();
	if (!drop(handlers, 'h'))
		is_good = false;
}

/* Ends with blocks on its list, and freed ones that wait. */
static void *come_and_go(void *unused)
{
	char *mine[FEW];

	for (int i = 0; i < FEW; i++)
		mine[i] = make('m');
	for (int i = 0; i < FEW; i++)
		if (!drop(mine[i], 'm'))
			is_good = false;
	handlers = make('h');
	pthread_setspecific(last_key, &first_round);
	trace_begin();
	return unused;
}

static void handler_at_every_instruction_of_an_end_loses_nothing(void **state)
{
	(void)state;
	assert_int_equal(pthread_key_create(&last_key, after_the_others), 0);
	at_steps(come_and_go, ends, 11);
	pthread_key_delete(last_key);
}

/* ---- While freed blocks begin to wait, and end to */

static volatile bool was_in_heap;

/* In the heap, for the rows, and not yet through with them. */
static bool begins_to_wait(void)
{
	was_in_heap = was_in_heap || central_is_entered();
	return was_in_heap && waiting_thread == &waiting_none;
}

/* Its first free. */
static void *free_first(void *unused)
{
	char *mine = make('m');

	handlers = make('h');
	was_in_heap = false;
	trace_begin();
	family_free(mine);
	trace_end();
	if (!drop(handlers, 'h'))
		is_good = false;
	return unused;
}

static void handler_in_the_middle_of_a_first_free_loses_nothing(void **state)
{
	(void)state;
	at_steps(free_first, begins_to_wait, 1501);
}

static bool flushes(void)
{
	return true;
}

/* The handler takes a block of those that wait; else there is one on the list, and it disturbs no slab. */
static void *flush(void *unused)
{
	char *mine[WAITING + 1];
	int count = 0;

	do
		mine[count++] = make('m');
	while (count < WAITING || (count == WAITING && !front_thread.lists[class_of(SIZE + SEAL_BYTES)]));
	for (int i = 0; i < count; i++)
		family_free(mine[i]);
	handlers = NULL;
	trace_begin();
	waiting_flush();
	trace_end();
	for (int i = 0; i < count; i++)
		mine[i] = make('m');
	if (!drop(handlers, 'h'))
		is_good = false;
	for (int i = 0; i < count; i++)
		if (!drop(mine[i], 'm'))
			is_good = false;
	return unused;
}

static void handler_in_the_middle_of_a_flush_gets_nobodys_block(void **state)
{
	(void)state;
	at_steps(flush, flushes, 11);
}

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

static volatile sig_atomic_t alarms;

/* A child's status; 1 if there was no fork. Signals do not end the waiting. */
static int wait_for(pid_t pid)
{
	int status = 1;

	while (pid > 0 && waitpid(pid, &status, 0) != pid)
		;
	return status;
}

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

/* In a process of its own, in which so many bytes of freed blocks wait. */
static int run_with(const char *bytes, char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		setenv("OSMEM_QUARANTINE", bytes, 1);
		execv("/proc/self/exe", argv);
		_exit(3);
	}
	return wait_for(pid) != 0;
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handler_at_every_instruction_loses_nothing),
		cmocka_unit_test(handler_at_every_instruction_of_an_end_loses_nothing),
		cmocka_unit_test(what_is_freed_in_the_heap_is_free_after_the_next_call),
		cmocka_unit_test(realloc_in_the_heap_is_refused),
		cmocka_unit_test(handler_of_a_thread_that_forks_waits_for_nobody),
		cmocka_unit_test(handler_forks_in_the_heap),
		cmocka_unit_test(handler_asks_for_figures_and_trims),
	};
	const struct CMUnitTest waiting_tests[] = {
		cmocka_unit_test(handler_at_every_instruction_of_an_end_loses_nothing),
		cmocka_unit_test(handler_in_the_middle_of_a_first_free_loses_nothing),
		cmocka_unit_test(handler_in_the_middle_of_a_flush_gets_nobodys_block),
		cmocka_unit_test(what_is_freed_in_the_heap_is_free_after_the_next_call),
		cmocka_unit_test(realloc_in_the_heap_is_refused),
	};
	const char *bytes = getenv("OSMEM_QUARANTINE");

	(void)argc;
	/* At level 2 too a call shall change the slab of the block that it frees; the drop-in has begun before main(). */
	if (!bytes)
		return (HARDENING == 2 && run_with("300000", argv)) | run_with("0", argv);
	if (strcmp(bytes, "0") != 0)
		return cmocka_run_group_tests_name("interrupted-waiting", waiting_tests, NULL, NULL);
	return cmocka_run_group_tests_name("interrupted", tests, NULL, NULL);
}
