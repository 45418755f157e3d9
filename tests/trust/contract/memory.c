/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Little memory, and much of it: limits of the system are met, what is live stays, what is freed serves again.
 */
#define _GNU_SOURCE
#include "tests/trust/contract/contract.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define LIMIT ((size_t)96 << 20)

enum limit { ADDRESSES, DATA };

/*
 * So many bytes more than the process has now: of addresses, or of memory that it may write. A malloc that has reserved
 * addresses at its start meets the first limit late, if ever, so the second is set too, at twice as much.
 */
static void limit_by(enum limit what, size_t more)
{
	struct rlimit addresses, data;
	size_t pages[6];
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file ||
	    fscanf(file, "%zu %zu %zu %zu %zu %zu", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4], &pages[5]) != 6)
		cannot_run("the system does not say how much the process has");
	fclose(file);
	addresses.rlim_cur = addresses.rlim_max = pages[0] * 4096 + more;
	data.rlim_cur = data.rlim_max = pages[5] * 4096 + (what == ADDRESSES ? 2 * more : more);
	REQUIRE(what == DATA || setrlimit(RLIMIT_AS, &addresses) == 0);
	REQUIRE(setrlimit(RLIMIT_DATA, &data) == 0);
}

struct chain {
	struct chain *next;
	size_t n;
};

/* Allocate until there is nothing more; every block must be whole then, and when all are freed there is as much again. */
static void exhaust(size_t n, size_t (*size_of)(size_t n, size_t i))
{
	size_t first = 0;

	for (int round = 0; round < 3; round++) {
		struct chain *all = NULL;
		size_t count = 0, last = 0;

		for (;;) {
			size_t bytes = size_of(n, count);
			struct chain *p;

			errno = 0;
			p = get(bytes);
			if (!p)
				break;
			p->next = all;
			p->n = bytes;
			memset(p + 1, (int)count, bytes - sizeof *p < 64 ? bytes - sizeof *p : 64);
			all = p;
			last = count++;
		}
		REQUIRE(errno == ENOMEM);
		REQUIRE(count > 0);
		for (; all; last--) {
			struct chain *next = all->next;

			REQUIRE(all->n == size_of(n, last));
			REQUIRE(all->n < sizeof *all + 1 || *(unsigned char *)(all + 1) == (unsigned char)last);
			give(all);
			all = next;
		}
		if (round == 0)
			first = count;
		REQUIRE(count >= first / 2);
	}
	work_at_random(1, 1000);
}

static size_t equal(size_t n, size_t i)
{
	(void)i;
	return n;
}

static size_t mixed(size_t n, size_t i)
{
	return 24 + i * i * 977 % n;
}

static void addresses_end_small_blocks(size_t n)
{
	(void)n;
	limit_by(ADDRESSES, LIMIT);
	exhaust(200, equal);
}

static void addresses_end_middle_blocks(size_t n)
{
	(void)n;
	limit_by(ADDRESSES, LIMIT);
	exhaust(9000, equal);
}

static void addresses_end_large_blocks(size_t n)
{
	(void)n;
	limit_by(ADDRESSES, LIMIT);
	exhaust((size_t)1 << 20, equal);
}

static void addresses_end_mixed_blocks(size_t n)
{
	(void)n;
	limit_by(ADDRESSES, LIMIT);
	exhaust(300000, mixed);
}

static void data_ends_small_blocks(size_t n)
{
	(void)n;
	limit_by(DATA, LIMIT);
	exhaust(200, equal);
}

static void data_ends_mixed_blocks(size_t n)
{
	(void)n;
	limit_by(DATA, LIMIT);
	exhaust(300000, mixed);
}

static void realloc_fails_and_keeps(size_t n)
{
	size_t bytes = 1000;
	char *p = get(bytes), *q;

	(void)n;
	limit_by(ADDRESSES, LIMIT);
	fill(p, bytes, 1);
	for (;;) {
		errno = 0;
		q = change(p, bytes * 2);
		if (!q)
			break;
		REQUIRE(is_filled(q, bytes, 1));
		p = q;
		bytes *= 2;
		fill(p, bytes, 1);
		REQUIRE(bytes < 4 * LIMIT);
	}
	REQUIRE(errno == ENOMEM && is_filled(p, bytes, 1));
	p = change(p, 500);
	REQUIRE(p && is_filled(p, 500, 1));
	give(p);
	work_at_random(1, 1000);
}

static void calloc_and_aligned_alloc_fail(size_t n)
{
	void *p = &n;

	limit_by(ADDRESSES, LIMIT);
	errno = 0;
	REQUIRE(!get_zeroed(1, 2 * LIMIT) && errno == ENOMEM);
	errno = 0;
	REQUIRE(!aligned_alloc(4096, 2 * LIMIT) && errno == ENOMEM);
	REQUIRE(posix_memalign(&p, 4096, 2 * LIMIT) == ENOMEM && p == &n);
	work_at_random(1, 1000);
}

static void *work_to_the_end(void *seed)
{
	struct chain *all = NULL, *p;

	while ((p = get(500 + 100 * (size_t)(uintptr_t)seed)) != NULL) {
		p->next = all;
		all = p;
	}
	while (all) {
		p = all->next;
		give(all);
		all = p;
	}
	return NULL;
}

static void memory_ends_in_threads(size_t n)
{
	pthread_t threads[4];
	int begun = 0;

	(void)n;
	limit_by(ADDRESSES, LIMIT + 4 * ((size_t)8 << 20));
	for (; begun < 4; begun++)
		if (pthread_create(&threads[begun], NULL, work_to_the_end, (void *)(uintptr_t)begun) != 0)
			break; /* there was no memory for its stack */
	for (int i = 0; i < begun; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	work_at_random(1, 1000);
}

static void *allocate_or_not(void *unused)
{
	void *p = get(100);

	give(p);
	return unused;
}

/* A thread that starts when there is nothing left may get NULL, and no more harm. */
static void a_thread_starts_without_memory(size_t n)
{
	struct chain *all = NULL, *p;
	pthread_t threads[3];

	(void)n;
	for (int i = 0; i < 3; i++) /* their stacks stay with the C library */
		REQUIRE(pthread_create(&threads[i], NULL, allocate_or_not, NULL) == 0);
	for (int i = 0; i < 3; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	limit_by(DATA, (size_t)32 << 20);
	for (size_t bytes = (size_t)1 << 20; bytes >= 16; bytes /= 2)
		while ((p = get(bytes)) != NULL) {
			p->next = all;
			all = p;
		}
	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[0], NULL, allocate_or_not, NULL) == 0)
			REQUIRE(pthread_join(threads[0], NULL) == 0);
	while (all) {
		p = all->next;
		give(all);
		all = p;
	}
	work_at_random(1, 1000);
}

static void large_blocks_go_back(size_t n)
{
	size_t before = 0;

	(void)n;
	for (int i = 0; i < 12; i++) {
		size_t bytes = (size_t)64 << 20;
		char *p = get(bytes);

		REQUIRE(p);
		memset(p, 1, bytes);
		give(p);
		if (i == 1)
			before = resident();
	}
	REQUIRE(resident() < before + 70000);
}

static void what_is_freed_serves_again(size_t n)
{
	enum { COUNT = 20000 };
	static void *blocks[COUNT];
	size_t before = 0;

	(void)n;
	for (int round = 0; round < 10; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			blocks[i] = get(100 + (i + (size_t)round) % 1000);
			REQUIRE(blocks[i]);
			memset(blocks[i], 1, 100);
		}
		for (size_t i = 0; i < COUNT; i++)
			give(blocks[(i * 7919) % COUNT]);
		if (round == 2)
			before = resident();
	}
	REQUIRE(resident() < before + before / 4 + 4096);
}

static void untouched_zeroes_cost_little(size_t n)
{
	size_t before = resident(), bytes = (size_t)512 << 20;
	char *p = get_zeroed(1, bytes);

	(void)n;
	REQUIRE(p);
	REQUIRE(p[0] == 0 && p[bytes - 1] == 0 && p[bytes / 2] == 0);
	REQUIRE(resident() < before + 65536);
	give(p);
}

static void a_gibibyte_grows_and_shrinks(size_t n)
{
	size_t bytes = (size_t)64 << 20;
	char *p = get(bytes);

	(void)n;
	REQUIRE(p);
	p[0] = 'a';
	p[bytes - 1] = 'z';
	p = change(p, (size_t)1 << 30);
	REQUIRE(p && p[0] == 'a' && p[bytes - 1] == 'z');
	p[((size_t)1 << 30) - 1] = 'e';
	p = change(p, 1000);
	REQUIRE(p && p[0] == 'a');
	give(p);
	REQUIRE(resident() < 1000000);
}

static void alignments_up_to_64_mebibytes(size_t n)
{
	(void)n;
	for (size_t align = 8; align <= (size_t)64 << 20; align *= 2) {
		char *p = aligned_alloc(align, align);

		REQUIRE(p && is_aligned(p, align));
		p[0] = p[align - 1] = 1;
		give(p);
	}
}

const struct contract contract_memory[] = {
	{"addresses-end-small-blocks", false, addresses_end_small_blocks},
	{"addresses-end-middle-blocks", false, addresses_end_middle_blocks},
	{"addresses-end-large-blocks", false, addresses_end_large_blocks},
	{"addresses-end-mixed-blocks", false, addresses_end_mixed_blocks},
	{"data-ends-small-blocks", false, data_ends_small_blocks},
	{"data-ends-mixed-blocks", false, data_ends_mixed_blocks},
	{"realloc-fails-and-keeps", false, realloc_fails_and_keeps},
	{"calloc-and-aligned-alloc-fail", false, calloc_and_aligned_alloc_fail},
	{"memory-ends-in-threads", false, memory_ends_in_threads},
	{"a-thread-starts-without-memory", false, a_thread_starts_without_memory},
	{"large-blocks-go-back", false, large_blocks_go_back},
	{"what-is-freed-serves-again", false, what_is_freed_serves_again},
	{"untouched-zeroes-cost-little", false, untouched_zeroes_cost_little},
	{"a-gibibyte-grows-and-shrinks", false, a_gibibyte_grows_and_shrinks},
	{"alignments-up-to-64-mebibytes", false, alignments_up_to_64_mebibytes},
	{NULL, false, NULL},
};
