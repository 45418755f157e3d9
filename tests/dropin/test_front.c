/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front end from inside, under names of its own: what is out, what is back, whatever thread did it and whenever
 * that ended. Every figure is taken while no other thread runs, and must be exact.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "framework/dropin/classes.h"
#include "framework/dropin/family.h"
#include "framework/dropin/front.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/slab.h"

enum { MANY = 5000 };

static void *blocks[MANY];

static struct pool_stats count(void)
{
	struct pool_stats stats;

	pool_count(&stats);
	return stats;
}

static void in_thread(void *(*work)(void *), void *argument)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, work, argument), 0);
	pthread_join(thread, NULL);
}

static void *allocate_all(void *size)
{
	for (int i = 0; i < MANY; i++)
		blocks[i] = family_malloc((uintptr_t)size);
	return NULL;
}

static void *free_all(void *unused)
{
	for (int i = 0; i < MANY; i++)
		family_free(blocks[i]);
	return unused;
}

static void *allocate_and_free_all(void *size)
{
	allocate_all(size);
	return free_all(NULL);
}

static void class_every_size_is_served_by_the_smallest_that_holds_it(void **state)
{
	(void)state;
	for (size_t n = 1; n <= CLASS_MAX; n++) {
		size_t class = class_of(n);

		assert_in_range(class, 1, CLASSES - 1);
		assert_true(class_size(class) >= n);
		assert_true(class_size(class - 1) < n);
		assert_int_equal(class_size(class) % 16, 0);
		assert_true(class_size(class) - n < 16 || (class_size(class) - n) * 5 <= class_size(class));
	}
	assert_int_equal(class_size(CLASSES - 1), CLASS_MAX);
}

static void block_is_aligned_and_apart_from_others(void **state)
{
	(void)state;
	for (size_t n = 1; n <= CLASS_MAX; n += n < 300 ? 7 : 301) {
		char *p[300];

		for (int i = 0; i < 300; i++) {
			p[i] = family_malloc(n);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			assert_true(family_usable_size(p[i]) >= n);
			memset(p[i], i, family_usable_size(p[i]));
		}
		for (int i = 0; i < 300; i++) {
			assert_int_equal((unsigned char)p[i][0], (unsigned char)i);
			assert_int_equal((unsigned char)p[i][family_usable_size(p[i]) - 1], (unsigned char)i);
			family_free(p[i]);
		}
	}
}

static void thread_end_with_nothing_out_leaves_nothing_out(void **state)
{
	size_t before = count().live_blocks;

	(void)state;
	for (size_t n = 16; n <= CLASS_MAX; n *= 2) {
		in_thread(allocate_and_free_all, (void *)n);
		assert_int_equal(count().live_blocks, before);
	}
}

static void thread_end_with_blocks_out_keeps_exactly_them(void **state)
{
	size_t before = count().live_blocks, in_slabs = 0;

	(void)state;
	in_thread(allocate_all, (void *)(uintptr_t)200);
	for (int i = 0; i < MANY; i++)
		in_slabs += slab_holds(blocks[i]);
	assert_true(in_slabs > MANY - 100); /* the first of a class come from the heap */
	assert_int_equal(count().live_blocks, before + in_slabs);
	in_thread(free_all, NULL);
	assert_int_equal(count().live_blocks, before);
}

static void *free_most(void *unused)
{
	for (int i = 0; i < MANY; i++)
		if (i % 10) {
			family_free(blocks[i]);
			blocks[i] = NULL;
		}
	return unused;
}

/* Whoever frees here ends, so that no block is still on its way home when later tests count. */
static void orphans_are_adopted_before_fresh_slabs_are_taken(void **state)
{
	size_t slabs;

	(void)state;
	in_thread(allocate_all, (void *)(uintptr_t)480);
	in_thread(free_most, NULL);
	pool_trim();
	slabs = count().slabs - count().empty_bytes / SLAB_BYTES;
	/* Nine of ten blocks of those slabs are free, so a tenth of them would do. */
	for (int round = 0; round < 3; round++) {
		void *kept[MANY];

		memcpy(kept, blocks, sizeof kept);
		for (int i = 0; i < MANY / 2; i++)
			blocks[i] = NULL;
		in_thread(allocate_and_free_all, (void *)(uintptr_t)480);
		memcpy(blocks, kept, sizeof kept);
	}
	assert_true(count().slabs - count().empty_bytes / SLAB_BYTES <= slabs + 4);
	in_thread(free_all, NULL);
}

/* ---- A signal handler in the middle of a change */

/* In a thread of its own: as a handler that interrupts a change of slabs would, it allocates and frees. */
static void *allocate_and_free_while_busy(void *size)
{
	struct front_hidden hidden;

	allocate_all(size);
	hidden = front_hide();
	free_most(NULL);
	for (int i = 0; i < MANY; i++)
		if (!blocks[i])
			blocks[i] = family_malloc((uintptr_t)size);
	front_show(hidden);
	return free_all(NULL);
}

static void *free_most_while_busy(void *unused)
{
	struct front_hidden hidden = front_hide();

	free_most(unused);
	front_show(hidden);
	return unused;
}

static void handler_in_the_middle_waits_for_nobody_and_loses_nothing(void **state)
{
	size_t before = count().live_blocks;

	(void)state;
	for (size_t n = 16; n <= CLASS_MAX; n *= 2) {
		in_thread(allocate_and_free_while_busy, (void *)n);
		assert_int_equal(count().live_blocks, before);
		in_thread(allocate_all, (void *)n);
		in_thread(free_most_while_busy, NULL);
		in_thread(free_all, NULL);
		in_thread(allocate_and_free_all, (void *)n); /* adopts what nobody was told of */
		assert_int_equal(count().live_blocks, before);
	}
}

/* ---- Two threads at a time */

static _Atomic(void *) shelf[MANY];

static void *allocate_to_shelf(void *size)
{
	for (int i = 0; i < MANY; i++) {
		char *p = family_malloc((uintptr_t)size);

		memset(p, 1, (uintptr_t)size);
		/* release: the block's contents go with it, here and in the allocator alike */
		atomic_store_explicit(&shelf[i], p, memory_order_release);
	}
	return NULL;
}

static void *free_from_shelf(void *unused)
{
	for (int i = 0; i < MANY; i++) {
		void *p;

		while (!(p = atomic_exchange_explicit(&shelf[i], NULL, memory_order_acquire)))
			sched_yield();
		family_free(p);
	}
	return unused;
}

/* The producer ends while the consumer still frees: none of the blocks may be lost, in whatever order. */
static void owner_that_ends_while_others_free_loses_nothing(void **state)
{
	size_t before = count().live_blocks;

	(void)state;
	for (int round = 0; round < 60; round++) {
		uintptr_t size = (uintptr_t)16 << round % 7;
		pthread_t producer, consumer;

		pthread_create(&consumer, NULL, free_from_shelf, NULL);
		pthread_create(&producer, NULL, allocate_to_shelf, (void *)size);
		pthread_join(producer, NULL);
		pthread_join(consumer, NULL);
		assert_int_equal(count().live_blocks, before);
	}
}

enum { ROUNDS = 40 };

static void *produce_often(void *size)
{
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < MANY; i++) {
			void *p = family_malloc((uintptr_t)size);

			while (atomic_load_explicit(&shelf[i], memory_order_relaxed))
				sched_yield();
			atomic_store_explicit(&shelf[i], p, memory_order_release);
		}
	}
	return NULL;
}

static void *consume_often(void *unused)
{
	for (int round = 0; round < ROUNDS; round++)
		free_from_shelf(NULL);
	return unused;
}

static void blocks_freed_by_another_thread_serve_again(void **state)
{
	size_t slabs = count().slabs, needed = (size_t)MANY * 256 / SLAB_BYTES;
	pthread_t producer, consumer;

	(void)state;
	pthread_create(&consumer, NULL, consume_often, NULL);
	pthread_create(&producer, NULL, produce_often, (void *)(uintptr_t)256);
	pthread_join(producer, NULL);
	pthread_join(consumer, NULL);
	/* Forty times as much went through. */
	assert_true(count().slabs <= slabs + 4 * needed + 8);
}

static void empty_slabs_go_back_and_serve_again(void **state)
{
	(void)state;
	in_thread(allocate_and_free_all, (void *)(uintptr_t)1024);
	assert_true(count().empty_bytes > 0);
	assert_true(pool_trim());
	assert_int_equal(count().empty_bytes, 0);
	assert_false(pool_trim());
	in_thread(allocate_and_free_all, (void *)(uintptr_t)1024);
	assert_true(count().empty_bytes > 0);
}

static void realloc_in_slabs_keeps_contents(void **state)
{
	unsigned char *p = NULL;

	(void)state;
	for (size_t n = 1; n <= 2 * CLASS_MAX; n += 1 + n / 16) {
		p = family_realloc(p, n);
		assert_non_null(p);
		p[n - 1] = (unsigned char)n;
		for (size_t m = 1; m <= n; m += 1 + m / 16)
			assert_int_equal(p[m - 1], (unsigned char)m);
	}
	for (size_t n = CLASS_MAX; n > 16; n /= 2) {
		p = family_realloc(p, n);
		assert_int_equal(p[0], 1);
	}
	family_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(class_every_size_is_served_by_the_smallest_that_holds_it),
		cmocka_unit_test(thread_end_with_nothing_out_leaves_nothing_out),
		cmocka_unit_test(thread_end_with_blocks_out_keeps_exactly_them),
		cmocka_unit_test(orphans_are_adopted_before_fresh_slabs_are_taken),
		cmocka_unit_test(handler_in_the_middle_waits_for_nobody_and_loses_nothing),
		cmocka_unit_test(owner_that_ends_while_others_free_loses_nothing),
		cmocka_unit_test(blocks_freed_by_another_thread_serve_again),
		cmocka_unit_test(empty_slabs_go_back_and_serve_again),
		cmocka_unit_test(block_is_aligned_and_apart_from_others),
		cmocka_unit_test(realloc_in_slabs_keeps_contents),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
