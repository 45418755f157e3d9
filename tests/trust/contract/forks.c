/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Children of a process whose threads were anywhere in the malloc when it forked.
 */
#define _GNU_SOURCE
#include "tests/trust/contract/contract.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKS = 60, WORKERS = 3 };

static atomic_bool is_over;

static void *work_on(void *seed)
{
	for (unsigned i = 1; !atomic_load(&is_over); i++) {
		work_at_random((unsigned)(uintptr_t)seed + i, 300);
		give(get(6000000));
	}
	return NULL;
}

static void begin_workers(pthread_t *threads)
{
	for (size_t i = 0; i < WORKERS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, work_on, (void *)(i * 1000)) == 0);
}

static void end_workers(const pthread_t *threads)
{
	atomic_store(&is_over, true);
	for (size_t i = 0; i < WORKERS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
}

static void work_in_child(void)
{
	work_at_random(99, 300);
	give(get(6000000));
}

static void a_child_may_allocate(size_t n)
{
	(void)n;
	for (int i = 0; i < 20; i++)
		REQUIRE(in_child(work_in_child) == 0);
}

static void a_child_of_threads_may_allocate(size_t n)
{
	pthread_t threads[WORKERS];

	(void)n;
	begin_workers(threads);
	for (int i = 0; i < FORKS; i++)
		REQUIRE(in_child(work_in_child) == 0);
	end_workers(threads);
}

static void *inherited[500];

static void free_inherited(void)
{
	for (size_t i = 0; i < 500; i++) {
		REQUIRE(is_filled(inherited[i], i * 9, (unsigned)i));
		give(inherited[i]);
	}
	work_at_random(5, 500);
}

static void a_child_may_free_its_parents_blocks(size_t n)
{
	(void)n;
	for (size_t i = 0; i < 500; i++) {
		inherited[i] = get(i * 9);
		fill(inherited[i], i * 9, (unsigned)i);
	}
	for (int i = 0; i < 10; i++)
		REQUIRE(in_child(free_inherited) == 0);
	free_inherited();
}

static void *fill_inherited(void *unused)
{
	for (size_t i = 0; i < 500; i++) {
		inherited[i] = get(i * 9);
		fill(inherited[i], i * 9, (unsigned)i);
	}
	return unused;
}

static void a_child_may_free_blocks_of_threads_it_lacks(size_t n)
{
	pthread_t thread;

	(void)n;
	REQUIRE(pthread_create(&thread, NULL, fill_inherited, NULL) == 0 && pthread_join(thread, NULL) == 0);
	REQUIRE(in_child(free_inherited) == 0);
	free_inherited();
}

static void *work_once(void *unused)
{
	work_at_random(12, 300);
	return unused;
}

static void begin_threads(void)
{
	for (int i = 0; i < 4; i++) {
		pthread_t thread;

		REQUIRE(pthread_create(&thread, NULL, work_once, NULL) == 0 && pthread_join(thread, NULL) == 0);
	}
}

static void a_child_may_have_threads(size_t n)
{
	pthread_t threads[WORKERS];

	(void)n;
	begin_workers(threads);
	for (int i = 0; i < 20; i++)
		REQUIRE(in_child(begin_threads) == 0);
	end_workers(threads);
}

static void grandchild(void)
{
	work_at_random(3, 100);
	REQUIRE(in_child(work_in_child) == 0);
	work_at_random(4, 100);
}

static void a_child_may_have_children(size_t n)
{
	(void)n;
	for (int i = 0; i < 10; i++)
		REQUIRE(in_child(grandchild) == 0);
}

static void *kept;

static void before(void)
{
	kept = get(100);
}

static void after(void)
{
	give(kept);
	give(get(3000));
}

static void handlers_of_fork_may_allocate(size_t n)
{
	pthread_t threads[WORKERS];

	(void)n;
	REQUIRE(pthread_atfork(before, after, after) == 0);
	begin_workers(threads);
	for (int i = 0; i < 20; i++)
		REQUIRE(in_child(work_in_child) == 0);
	end_workers(threads);
}

static void *fork_often(void *unused)
{
	for (int i = 0; i < 10; i++)
		REQUIRE(in_child(work_in_child) == 0);
	return unused;
}

static void threads_may_fork_at_a_time(size_t n)
{
	pthread_t threads[4];

	(void)n;
	for (int i = 0; i < 4; i++)
		REQUIRE(pthread_create(&threads[i], NULL, fork_often, NULL) == 0);
	for (int i = 0; i < 4; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
}

const struct contract contract_forks[] = {
	{"a-child-may-allocate", false, a_child_may_allocate},
	{"a-child-of-threads-may-allocate", false, a_child_of_threads_may_allocate},
	{"a-child-may-free-its-parents-blocks", false, a_child_may_free_its_parents_blocks},
	{"a-child-may-free-blocks-of-threads-it-lacks", false, a_child_may_free_blocks_of_threads_it_lacks},
	{"a-child-may-have-threads", false, a_child_may_have_threads},
	{"a-child-may-have-children", false, a_child_may_have_children},
	{"handlers-of-fork-may-allocate", false, handlers_of_fork_may_allocate},
	{"threads-may-fork-at-a-time", false, threads_may_fork_at_a_time},
	{NULL, false, NULL},
};
