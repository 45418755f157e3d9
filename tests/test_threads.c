/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Four threads on one heap, with blocks that one allocates and another frees; and a heap for each thread over a backend
 * that they share. Threads only note what went wrong, the main thread asserts.
 */
#define _POSIX_C_SOURCE 200809L /* barriers */

#include "support/world.h"

#include <osmem/osmem.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define STEPS 3000
#define LETTERS 16

static uint64_t seed;

/* Blocks on their way from one thread to another. */
static struct {
	pthread_mutex_t lock;
	struct letter {
		unsigned char *p;
		size_t n;
		unsigned char fill;
	} box[LETTERS];
} post = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* All begin at once, and nobody while the main thread still makes threads: that may allocate, and move the break. */
static pthread_barrier_t start;

struct worker {
	pthread_t thread;
	uint64_t seed;
	bool audits; /* looks at the whole heap now and then */
	struct shadow shadow;
};

static const struct shadow_habit habit = {MIX_POWER_LAW, 5000, 5, 10};

/* Puts a block of its own into the box and frees the one that was there. */
static void exchange(struct worker *worker, struct rng *rng)
{
	struct letter mine = {NULL, rng_size(rng, MIX_POWER_LAW, 2000), (unsigned char)rng_next(rng)};
	struct letter theirs;
	size_t place = rng_below(rng, LETTERS);

	mine.p = osm_heap_alloc(worker->shadow.heap, mine.n);
	if (mine.p)
		memset(mine.p, mine.fill, mine.n);
	pthread_mutex_lock(&post.lock);
	theirs = post.box[place];
	post.box[place] = mine;
	pthread_mutex_unlock(&post.lock);
	for (size_t i = 0; theirs.p && i < theirs.n; i++) {
		if (theirs.p[i] != theirs.fill)
			shadow_problem(&worker->shadow, "a block from another thread has changed at byte %zu", i);
	}
	osm_heap_free(worker->shadow.heap, theirs.p);
}

static void *work(void *context)
{
	struct worker *worker = context;
	struct rng rng;

	pthread_barrier_wait(&start);
	rng_begin(&rng, worker->seed);
	for (unsigned i = 0; i < STEPS; i++) {
		shadow_step(&worker->shadow, &rng, &habit);
		if (i % 4 == 0)
			exchange(worker, &rng);
		if (worker->audits && i % 100 == 0 && !osm_heap_check(worker->shadow.heap, NULL))
			shadow_problem(&worker->shadow, "osm_heap_check finds a fault while others work");
	}
	shadow_verify(&worker->shadow);
	shadow_free_all(&worker->shadow);
	return NULL;
}

static void *work_alone(void *context)
{
	struct worker *worker = context;
	struct rng rng;

	pthread_barrier_wait(&start);
	rng_begin(&rng, worker->seed);
	for (unsigned i = 0; i < STEPS; i++) {
		shadow_step(&worker->shadow, &rng, &habit);
		if (i % 100 == 0)
			shadow_audit(&worker->shadow);
	}
	shadow_free_all(&worker->shadow);
	shadow_audit(&worker->shadow);
	return NULL;
}

static void run(struct worker *workers, void *(*main_of)(void *))
{
	pthread_barrier_init(&start, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].seed = seed + i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, main_of, workers + i), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	pthread_barrier_destroy(&start);
	for (unsigned i = 0; i < THREADS; i++)
		shadow_assert(&workers[i].shadow);
}

static void share(struct osm_heap *heap, size_t granule)
{
	static struct worker workers[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		shadow_begin(&workers[i].shadow, heap, granule);
		workers[i].audits = i == 0;
	}
	run(workers, work);
	for (unsigned i = 0; i < LETTERS; i++) {
		osm_heap_free(heap, post.box[i].p);
		post.box[i].p = NULL;
	}
}

static void one_heap_four_threads(void **state)
{
	static struct world world;
	struct osm_config config = {.map_threshold = 4096};

	world_open(&world, *state, &config, NULL);
	share(world.heap, 0);
	world_close(&world);
}

static void four_heaps_one_backend(void **state)
{
	const struct cell *cell = *state;
	static struct worker workers[THREADS];
	struct osm_config config = {.map_threshold = 4096};

	for (unsigned i = 0; i < THREADS; i++) {
		struct osm_heap *heap = osm_heap_create(cell->policy, osm_backend_find(cell->backend), &config);

		assert_non_null(heap);
		shadow_begin(&workers[i].shadow, heap, 0);
	}
	run(workers, work_alone);
	for (unsigned i = 0; i < THREADS; i++)
		osm_heap_destroy(workers[i].shadow.heap);
}

static void default_heap_four_threads(void **state)
{
	struct osm_stats before, after;

	(void)state;
	osm_heap_stats(osm_default_heap(), &before);
	share(osm_default_heap(), 8);
	osm_heap_stats(osm_default_heap(), &after);
	assert_int_equal(after.live_blocks, before.live_blocks);
	assert_true(osm_heap_check(osm_default_heap(), NULL));
}

static const struct suite_test tests[] = {
	{"one_heap_four_threads", one_heap_four_threads, NULL, "mmap"},
	{"one_heap_four_threads", one_heap_four_threads, NULL, "mock"},
	{"one_heap_four_threads", one_heap_four_threads, "best-fit", "brk"},
	{"four_heaps_one_backend", four_heaps_one_backend, NULL, "brk"},
	{"four_heaps_one_backend", four_heaps_one_backend, NULL, "mmap"},
};

int main(void)
{
	const struct CMUnitTest once[] = {cmocka_unit_test(default_heap_four_threads)};
	int failed;

	seed = seed_from_environment();
	failed = suite_run("threads", tests, COUNT_OF(tests));

	return !!cmocka_run_group_tests_name("default heap", once, NULL, NULL) || failed;
}
