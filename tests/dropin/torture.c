/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything at once for some seconds: torture SECONDS PLUGIN [SEED].
 *
 * Threads allocate, resize, free, and hand blocks to each other through a shared table; they end after a while, with
 * blocks of theirs still in the table, and others begin. Meanwhile signals interrupt them, one thread forks children
 * that allocate and free what they inherited, and one loads and unloads a library. Every block has its size and a mark
 * at both ends, which its next holder looks at: a block that two had at a time, or that moved without its contents, is
 * found.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/dropin/check.h"

enum { WORKERS = 4, SLOTS = 512, MINE = 64, LIFE = 4000 };

struct block {
	size_t size; /* all of it */
	uint64_t mark;
	/* ... and the mark again in the last eight bytes */
};

static _Atomic(struct block *) table[SLOTS];
static atomic_bool over;
static _Thread_local volatile sig_atomic_t interrupts;
static atomic_ulong done, threads_begun, children, loads, signals, served;

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Mostly small; sometimes up to a megabyte. */
static size_t some_size(uint64_t *seed)
{
	uint64_t r = next(seed);
	unsigned shift = (unsigned)(r % 100 < 80 ? 5 + r / 100 % 6 : r % 100 < 98 ? 8 + r / 100 % 8 : 15 + r / 100 % 6);

	return 24 + (next(seed) & (((size_t)1 << shift) - 1));
}

static void block_mark(struct block *b, size_t size, uint64_t mark)
{
	b->size = size;
	b->mark = mark;
	memcpy((char *)b + size - 8, &mark, 8);
}

static void block_look(const struct block *b)
{
	uint64_t end;

	memcpy(&end, (const char *)b + b->size - 8, 8);
	CHECK(end == b->mark);
}

static struct block *block_make(uint64_t *seed)
{
	size_t size = some_size(seed);
	uint64_t r = next(seed);
	struct block *b;

	if (r % 16 == 0)
		b = aligned_alloc((size_t)16 << (r >> 8) % 9, size);
	else if (r % 16 == 1)
		b = calloc(1, size);
	else
		b = malloc(size);
	if (!b)
		return NULL;
	if (r % 16 == 1)
		CHECK(b->size == 0 && ((char *)b)[size - 1] == 0);
	block_mark(b, size, next(seed));
	return b;
}

static struct block *block_resize(struct block *b, uint64_t *seed)
{
	size_t size = some_size(seed), old = b->size;
	struct block *moved;
	uint64_t mark = b->mark;

	block_look(b);
	moved = realloc(b, size);
	if (!moved)
		return b;
	CHECK(moved->size == old && moved->mark == mark);
	block_mark(moved, size, mark);
	return moved;
}

static void block_drop(struct block *b)
{
	if (!b)
		return;
	block_look(b);
	block_mark(b, b->size, 0xdeadul);
	free(b);
}

/* The key's destructor frees at the very end of a thread, after the allocator may have closed its books on it. */
static pthread_key_t last_words;

static void speak(void *p)
{
	free(malloc(100));
	block_drop(p);
}

static void *work(void *argument)
{
	uint64_t seed = (uintptr_t)argument;
	struct block *mine[MINE] = {NULL};

	pthread_setspecific(last_words, block_make(&seed));
	for (int i = 0; i < LIFE && !atomic_load(&over); i++) {
		uint64_t r = next(&seed);
		struct block **slot = &mine[r % MINE];

		switch (r >> 8 & 7) {
		case 0: /* exchange with whoever was here before */
			*slot = atomic_exchange(&table[(r >> 16) % SLOTS], *slot);
			break;
		case 1:
			if (*slot)
				*slot = block_resize(*slot, &seed);
			break;
		default:
			block_drop(*slot);
			*slot = block_make(&seed);
		}
		atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
	}
	/* Half of what is left goes to the others, who free it after this thread is gone. */
	for (int i = 0; i < MINE; i++)
		block_drop(i % 2 ? mine[i] : atomic_exchange(&table[next(&seed) % SLOTS], mine[i]));
	return NULL;
}

/* A handler that allocates what no slab has: it may get NULL, and nobody waits for ever. */
static void on_signal(int number)
{
	int kept = errno;
	size_t size = 40000 + (size_t)interrupts % 64 * 1000;
	struct block *b = malloc(size);

	(void)number;
	interrupts++;
	if (b) {
		block_mark(b, size, size);
		block_drop(b);
		atomic_fetch_add_explicit(&served, 1, memory_order_relaxed);
	}
	atomic_fetch_add_explicit(&signals, 1, memory_order_relaxed);
	errno = kept;
}

/* In a child: everything inherited can be freed, and a thread can be begun. */
static void child(uint64_t seed)
{
	struct block *mine[16];
	pthread_t thread;

	alarm(20); /* a lock that nobody holds any more ends here */
	for (int i = 0; i < 16; i++)
		mine[i] = block_make(&seed);
	for (int i = 0; i < SLOTS; i += 7)
		block_drop(atomic_exchange(&table[i], NULL));
	if (pthread_create(&thread, NULL, work, (void *)(uintptr_t)(seed | 1)) == 0)
		pthread_join(thread, NULL);
	for (int i = 0; i < 16; i++)
		block_drop(mine[i]);
	_exit(check_result());
}

static void *fork_often(void *argument)
{
	uint64_t seed = (uintptr_t)argument;

	while (!atomic_load(&over)) {
		struct timespec pause = {.tv_nsec = 20000000};
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			child(next(&seed));
		if (pid > 0) {
			while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
				;
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			atomic_fetch_add(&children, 1);
		}
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void *load_often(void *path)
{
	while (!atomic_load(&over)) {
		void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		void *(*make)(size_t);
		struct timespec pause = {.tv_nsec = 2000000};

		CHECK(library);
		if (!library)
			break;
		*(void **)&make = dlsym(library, "plugin_block");
		for (size_t n = 1; make && n < 100000; n *= 3)
			free(make(n));
		dlclose(library);
		atomic_fetch_add(&loads, 1);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void interrupt_often(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct itimerval timer = {{0, 997}, {0, 997}};

	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &timer, NULL);
}

int main(int argc, char **argv)
{
	unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) | 1 : 88172645463325252ull;
	time_t end = time(NULL) + (time_t)seconds;
	pthread_t workers[WORKERS], forker, loader;

	pthread_key_create(&last_words, speak);
	interrupt_often();
	pthread_create(&forker, NULL, fork_often, (void *)(uintptr_t)(next(&seed) | 1));
	pthread_create(&loader, NULL, load_often, argc > 2 ? argv[2] : "");
	for (int i = 0; i < WORKERS; i++)
		pthread_create(&workers[i], NULL, work, (void *)(uintptr_t)(next(&seed) | 1));
	while (time(NULL) < end) {
		for (int i = 0; i < WORKERS; i++) {
			pthread_join(workers[i], NULL);
			pthread_create(&workers[i], NULL, work, (void *)(uintptr_t)(next(&seed) | 1));
			atomic_fetch_add(&threads_begun, 1);
		}
	}
	atomic_store(&over, 1);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	pthread_join(forker, NULL);
	pthread_join(loader, NULL);
	for (int i = 0; i < SLOTS; i++)
		block_drop(atomic_exchange(&table[i], NULL));
	CHECK(done > 1000 && threads_begun > 4 && children > 0 && loads > 0 && served > 0);
	printf("%lu operations, %lu threads, %lu children, %lu loads, %lu signals, %lu of them with memory\n", done,
	       threads_begun, children, loads, signals, served);
	return check_result();
}
