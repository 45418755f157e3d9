/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads of two threads at a time. How the threads meet costs each malloc the same.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench_malloc/load.h"

enum { THREADS = 2 };

static void run_threads(void *(*work)(void *), void *arguments[THREADS])
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, arguments[i]) != 0)
			exit(1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* ---- Each thread for itself */

struct alone {
	unsigned n;
	uint64_t seed;
};

static void *alone_work(void *argument)
{
	enum { LIVE = 20000 };
	struct alone *self = argument;
	void **live = calloc(LIVE, sizeof *live);

	for (unsigned i = 0; live && i < self->n * 2000; i++) {
		size_t k = load_next(&self->seed) % LIVE;

		free(live[k]);
		live[k] = load_block(load_power_size(&self->seed, 16, 4096));
	}
	for (size_t k = 0; live && k < LIVE; k++)
		free(live[k]);
	free(live);
	return NULL;
}

static void alone(unsigned n)
{
	struct alone a = {n, 11}, b = {n, 12};

	run_threads(alone_work, (void *[]){&a, &b});
}

/* ---- A server: threads die and leave their objects to the next (Larson and Krishnan 1998) */

enum { SERVED = 10000 };

struct server {
	uint64_t seed;
	void *objects[SERVED];
};

static void *server_work(void *argument)
{
	struct server *self = argument;

	for (unsigned i = 0; i < 20000; i++) {
		size_t k = load_next(&self->seed) % SERVED;

		free(self->objects[k]);
		self->objects[k] = load_block(10 + load_next(&self->seed) % 490);
	}
	return NULL;
}

static void server(unsigned n)
{
	static struct server servers[THREADS] = {{.seed = 21}, {.seed = 22}};

	for (unsigned i = 0; i < n; i++) {
		/* Each thread goes on with the other's objects. */
		run_threads(server_work, (void *[]){&servers[i % 2], &servers[1 - i % 2]});
	}
	for (int i = 0; i < THREADS; i++)
		for (size_t k = 0; k < SERVED; k++)
			free(servers[i].objects[k]);
}

/* ---- A pipe: one thread allocates, the other frees */

enum { PIPE = 16384, BATCH = 256 };

struct pipe {
	unsigned n;
	_Atomic size_t written, read;
	void *slots[PIPE];
};

static void *pipe_produce(struct pipe *pipe)
{
	uint64_t seed = 31;

	for (size_t i = 0; i < (size_t)pipe->n * BATCH; i++) {
		while (i % BATCH == 0 && i + BATCH - atomic_load(&pipe->read) > PIPE)
			sched_yield();
		pipe->slots[i % PIPE] = load_block(16 + load_next(&seed) % 500);
		if (i % BATCH == BATCH - 1)
			atomic_store(&pipe->written, i + 1);
	}
	return NULL;
}

static void *pipe_consume(struct pipe *pipe)
{
	for (size_t i = 0; i < (size_t)pipe->n * BATCH; i++) {
		while (i % BATCH == 0 && atomic_load(&pipe->written) < i + BATCH)
			sched_yield();
		free(pipe->slots[i % PIPE]);
		if (i % BATCH == BATCH - 1)
			atomic_store(&pipe->read, i + 1);
	}
	return NULL;
}

static struct pipe the_pipe;

static void *pipe_work(void *is_producer)
{
	return is_producer ? pipe_produce(&the_pipe) : pipe_consume(&the_pipe);
}

static void piped(unsigned n)
{
	the_pipe.n = n;
	run_threads(pipe_work, (void *[]){&the_pipe, NULL});
}

/* ---- Bursts: each thread allocates many at once and gives them to whoever comes by */

enum { BURST = 2000, SHELVES = 8 };

struct burst {
	void *blocks[BURST];
};

static _Atomic(struct burst *) shelves[SHELVES];

static void burst_free(struct burst *burst)
{
	for (int i = 0; burst && i < BURST; i++)
		free(burst->blocks[i]);
	free(burst);
}

static void *burst_work(void *argument)
{
	struct alone *self = argument;

	for (unsigned i = 0; i < self->n; i++) {
		struct burst *burst = load_block(sizeof *burst);

		for (int k = 0; k < BURST; k++)
			burst->blocks[k] = load_block(load_power_size(&self->seed, 16, 1024));
		burst_free(atomic_exchange(&shelves[load_next(&self->seed) % SHELVES], burst));
	}
	return NULL;
}

static void bursts(unsigned n)
{
	struct alone a = {n, 41}, b = {n, 42};

	run_threads(burst_work, (void *[]){&a, &b});
	for (int i = 0; i < SHELVES; i++)
		burst_free(atomic_exchange(&shelves[i], NULL));
}

const struct load thread_loads[] = {
	{"alone", alone}, {"server", server}, {"pipe", piped}, {"bursts", bursts}, {NULL, NULL},
};
