/* SPDX-License-Identifier: BSD-3-Clause */
/* Signal handlers at each instruction: see interrupted.h. */
#define _GNU_SOURCE
#include "tests/dropin/interrupted.h"

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
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>

#include "framework/dropin/family.h"
#include "framework/dropin/hardening.h"
#include "framework/dropin/pool.h"

/* So many traps are not too many for a test. */
enum { TRAPS = 3000000 };

static size_t live_blocks(void)
{
	struct pool_stats stats;

	pool_count(&stats);
	return stats.live_blocks;
}

char *make(char mark)
{
	char *p = family_malloc(SIZE);

	if (p)
		memset(p, mark, SIZE);
	return p;
}

bool drop(char *p, char mark)
{
	bool is_whole = !p || (p[0] == mark && p[SIZE / 2] == mark && p[SIZE - 1] == mark);

	family_free(p);
	return is_whole;
}

/* ---- The trap flag */

#ifdef __x86_64__

enum { CAN_TRACE = true, TRAP_FLAG = 0x100 };

void trace_begin(void)
{
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | TRAP_FLAG);
}

void trace_end(void)
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

void trace_begin(void)
{
}

void trace_end(void)
{
}

static void trace_end_there(ucontext_t *interrupted)
{
	(void)interrupted;
}

#endif

/* ---- At each instruction */

char *volatile handlers;
volatile long steps_left;
volatile bool is_good;

static volatile long traps;
static bool (*is_slow)(void);

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
	return is_good && live_blocks() == before;
}

void at_steps(void *(*thread_of)(void *), bool (*where)(void), long stride)
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

/* ---- Processes */

int wait_for(pid_t pid)
{
	int status = 1;

	while (pid > 0 && waitpid(pid, &status, 0) != pid)
		;
	return status;
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

/* The drop-in has begun before main(), so what it reads is set before the program. */
int with_and_without_waiting(char **argv, int (*without)(void), int (*with)(void))
{
	const char *bytes = getenv("OSMEM_QUARANTINE");

	if (!bytes)
		return (HARDENING == 2 && run_with("300000", argv)) | run_with("0", argv);
	return strcmp(bytes, "0") == 0 ? without() : with();
}
