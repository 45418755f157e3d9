/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that allocate, free for each other, come and go.
 */
#define _GNU_SOURCE
#include "tests/trust/contract/contract.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { THREADS = 8, SHELF = 512, PASSED_ON = 20000 };

static void run(size_t count, void *(*function)(void *), void *argument)
{
	pthread_t threads[64];

	for (size_t i = 0; i < count; i++)
		REQUIRE(pthread_create(&threads[i], NULL, function, argument ? argument : (void *)i) == 0);
	for (size_t i = 0; i < count; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
}

static void *work(void *seed)
{
	work_at_random((unsigned)(uintptr_t)seed + 1, 1000);
	return NULL;
}

static void threads_do_not_disturb_each_other(size_t n)
{
	(void)n;
	run(THREADS, work, NULL);
}

static _Atomic(size_t *) shelf[SHELF];

static void *exchange(void *seed)
{
	unsigned state = (unsigned)(uintptr_t)seed + 7;

	for (size_t i = 0; i < PASSED_ON; i++) {
		size_t n, *block, *other;

		state = state * 1664525U + 1013904223U;
		n = 2 + (state >> 10) % 60;
		block = get(n * sizeof *block);
		REQUIRE(block);
		block[0] = n;
		block[n - 1] = n;
		other = atomic_exchange(&shelf[(state >> 20) % SHELF], block);
		REQUIRE(!other || (other[0] > 1 && other[0] < 62 && other[other[0] - 1] == other[0]));
		give(other);
	}
	return NULL;
}

static void blocks_change_hands(size_t n)
{
	(void)n;
	run(THREADS, exchange, NULL);
	for (size_t i = 0; i < SHELF; i++)
		give(shelf[i]);
}

/* One allocates, another frees: the memory must come back to the first. */
static _Atomic(void *) hand;

static void *take_all(void *unused)
{
	for (size_t i = 0; i < PASSED_ON; i++) {
		void *p;

		while (!(p = atomic_exchange(&hand, NULL)))
			sched_yield();
		give(p);
	}
	return unused;
}

static void what_another_thread_frees_serves_again(size_t n)
{
	pthread_t taker;
	size_t before = 0;

	(void)n;
	REQUIRE(pthread_create(&taker, NULL, take_all, NULL) == 0);
	for (size_t i = 0; i < PASSED_ON; i++) {
		char *p = get(4000);

		REQUIRE(p);
		fill(p, 4000, 1);
		while (atomic_load(&hand))
			sched_yield();
		atomic_store(&hand, p);
		if (i == PASSED_ON / 10)
			before = resident();
	}
	REQUIRE(pthread_join(taker, NULL) == 0);
	REQUIRE(resident() < before + 16384); /* not 70 MiB more */
}

static void *leave_blocks(void *where)
{
	void **blocks = where;

	for (size_t i = 0; i < 1000; i++) {
		blocks[i] = get(i);
		REQUIRE(blocks[i]);
		fill(blocks[i], i, (unsigned)i);
	}
	return NULL;
}

static void blocks_outlive_their_thread(size_t n)
{
	static void *blocks[1000];

	(void)n;
	for (int round = 0; round < 5; round++) {
		run(1, leave_blocks, blocks);
		for (size_t i = 0; i < 1000; i++) {
			REQUIRE(is_filled(blocks[i], i, (unsigned)i));
			give(blocks[i]);
		}
	}
}

static void *work_little(void *unused)
{
	work_at_random(9, 100);
	return unused;
}

static void many_short_threads_leave_nothing_behind(size_t n)
{
	size_t before = 0;

	(void)n;
	for (int i = 0; i < 400; i++) {
		run(2, work_little, NULL);
		if (i == 100)
			before = resident();
	}
	REQUIRE(resident() < before + 16384);
}

static pthread_key_t key;

/* Called at a thread's end, again and again: others' destructors may allocate and free late. */
static void at_end(void *value)
{
	void **rest = value;
	size_t left = (size_t)(uintptr_t)rest[0];

	give(rest);
	work_at_random(3, 100);
	if (left > 0) {
		rest = get(sizeof *rest);
		rest[0] = (void *)(uintptr_t)(left - 1);
		pthread_setspecific(key, rest);
	}
}

static void *with_a_destructor(void *unused)
{
	void **value = get(sizeof *value);

	value[0] = (void *)(uintptr_t)3;
	pthread_setspecific(key, value);
	work_at_random(4, 100);
	return unused;
}

static void destructors_may_allocate(size_t n)
{
	(void)n;
	REQUIRE(pthread_key_create(&key, at_end) == 0);
	for (int i = 0; i < 10; i++)
		run(4, with_a_destructor, NULL);
}

static void many_threads_at_a_time(size_t n)
{
	(void)n;
	run(64, work, NULL);
}

static void *allocate_until_cancelled(void *unused)
{
	/* Cancellation takes effect at cancellation points only, of which malloc is none. */
	for (;;) {
		give(get(100));
		give(get(100000));
		pthread_testcancel();
	}
	return unused;
}

static void cancelled_threads_hold_no_lock(size_t n)
{
	(void)n;
	for (int i = 0; i < 30; i++) {
		pthread_t thread;

		REQUIRE(pthread_create(&thread, NULL, allocate_until_cancelled, NULL) == 0);
		work_at_random(5, 50);
		REQUIRE(pthread_cancel(thread) == 0 && pthread_join(thread, NULL) == 0);
	}
	work_at_random(6, 1000);
}

static void detached_threads(size_t n)
{
	pthread_attr_t attributes;
	pthread_t thread;

	(void)n;
	REQUIRE(pthread_attr_init(&attributes) == 0);
	REQUIRE(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0);
	for (int i = 0; i < 50; i++) {
		REQUIRE(pthread_create(&thread, &attributes, work_little, NULL) == 0);
		work_at_random(8, 100);
	}
}

static void a_small_stack_suffices(size_t n)
{
	pthread_attr_t attributes;
	pthread_t thread;

	(void)n;
	REQUIRE(pthread_attr_init(&attributes) == 0);
	REQUIRE(pthread_attr_setstacksize(&attributes, 32768) == 0);
	for (int i = 0; i < 10; i++) {
		REQUIRE(pthread_create(&thread, &attributes, work_little, NULL) == 0);
		REQUIRE(pthread_join(thread, NULL) == 0);
	}
}

const struct contract contract_threads[] = {
	{"threads-do-not-disturb-each-other", false, threads_do_not_disturb_each_other},
	{"blocks-change-hands", false, blocks_change_hands},
	{"what-another-thread-frees-serves-again", false, what_another_thread_frees_serves_again},
	{"blocks-outlive-their-thread", false, blocks_outlive_their_thread},
	{"many-short-threads-leave-nothing-behind", false, many_short_threads_leave_nothing_behind},
	{"destructors-may-allocate", false, destructors_may_allocate},
	{"many-threads-at-a-time", false, many_threads_at_a_time},
	{"cancelled-threads-hold-no-lock", false, cancelled_threads_hold_no_lock},
	{"detached-threads", false, detached_threads},
	{"a-small-stack-suffices", false, a_small_stack_suffices},
	{NULL, false, NULL},
};
