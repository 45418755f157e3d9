/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors on a heap, one after the other, for a tool to report: errors POLICY LAYOUT BACKEND. Before each its name is
 * written to the standard error, so that the tool's reports stand behind it; after it, how many valgrind has counted.
 * tests/check_annotate.py has what is expected.
 */
#include <osmem/error.h>
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <osmem/osmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/valgrind.h>

static struct osm_heap *heap;
static volatile char sink;
static volatile int branches;

/* Reads that the compiler keeps. */
#define READ(p) (sink = *(volatile char *)(p))
#define WRITE(p) (*(volatile char *)(p) = 1)

static void branch(const char *p)
{
	if (*(const volatile char *)p)
		branches++;
}

static char *filled(size_t n)
{
	return memset(osm_heap_alloc(heap, n), 1, n);
}

static void ignore(struct osm_heap *reporter, const char *call, const struct osm_fault *fault)
{
	(void)reporter;
	(void)call;
	(void)fault;
}

/* ---- Errors */

static void read_freed(void)
{
	char *p = filled(100);

	osm_heap_free(heap, p);
	READ(p + 50);
}

/* In the middle, where no policy keeps anything. */
static void write_freed(void)
{
	char *p = filled(300);

	osm_heap_free(heap, p);
	WRITE(p + 150);
}

/* The block's neighbours are free too: it was merged, and its header is nowhere any more. */
static void read_merged(void)
{
	char *a = filled(40), *b = filled(40), *c = filled(40), *end = filled(40);

	osm_heap_free(heap, a);
	osm_heap_free(heap, c);
	osm_heap_free(heap, b);
	READ(b + 8);
	osm_heap_free(heap, end);
}

/* A byte behind what was asked for, whether the block is full (some of these are, in every layout) or not. */
static void overrun_by_one(void)
{
	for (size_t n = 17; n <= 64; n++) {
		char *a = filled(n), *b = filled(n);

		READ(a + n);
		osm_heap_free(heap, a);
		osm_heap_free(heap, b);
	}
}

static void underrun_by_one(void)
{
	char *a = filled(32), *b = filled(32);

	READ(b - 1);
	osm_heap_free(heap, a);
	osm_heap_free(heap, b);
}

static void overrun_calloc(void)
{
	char *p = osm_heap_calloc(heap, 3, 7);

	READ(p + 21);
	osm_heap_free(heap, p);
}

static void overrun_aligned(void)
{
	char *p = osm_heap_alloc_aligned(heap, 256, 256), *end = filled(1000);

	READ(p + 256);
	osm_heap_free(heap, p);
	osm_heap_free(heap, end);
}

static void overrun_shrunk(void)
{
	char *p = osm_heap_realloc(heap, filled(1000), 10);

	READ(p + 500);
	osm_heap_free(heap, p);
}

static void overrun_grown(void)
{
	char *p = osm_heap_realloc(heap, filled(10), 1000);

	READ(p + 1000);
	osm_heap_free(heap, p);
}

static void overrun_mapped(void)
{
	char *p = osm_heap_alloc(heap, 200000);

	READ(p + 200000);
	osm_heap_free(heap, p);
}

static void overrun_mapped_grown(void)
{
	char *p = osm_heap_realloc(heap, osm_heap_alloc(heap, 200000), 300000);

	READ(p + 300000);
	osm_heap_free(heap, p);
}

static void overrun_default(void)
{
	char *p = os_malloc(24);

	READ(p + 24);
	os_free(p);
}

static void uninitialised(void)
{
	char *p = osm_heap_alloc(heap, 100);

	branch(p + 10);
	osm_heap_free(heap, p);
}

/* Bytes of a block that somebody had before are nobody's contents. */
static void uninitialised_reused(void)
{
	char *p;

	osm_heap_free(heap, filled(100));
	p = osm_heap_alloc(heap, 100);
	branch(p + 90);
	osm_heap_free(heap, p);
}

static void uninitialised_grown(void)
{
	char *p = osm_heap_realloc(heap, filled(10), 1000);

	branch(p + 500);
	osm_heap_free(heap, p);
}

static void uninitialised_mapped(void)
{
	char *p = osm_heap_alloc(heap, 200000);

	branch(p + 150000);
	osm_heap_free(heap, p);
}

static void free_twice(void)
{
	char *p = filled(100);

	osm_heap_free(heap, p);
	osm_heap_free(heap, p);
}

static void free_interior(void)
{
	char *p = filled(100);

	osm_heap_free(heap, p + 16);
	osm_heap_free(heap, p);
}

/* Reported when the program ends. */
static void leak(void)
{
	for (int i = 0; i < 4; i++)
		filled(77);
}

/* ---- A right program */

struct block {
	char *p;
	size_t n;
};

static void block_look(const struct block *b, size_t n)
{
	for (size_t i = 0; i < n && i < b->n; i++)
		if (b->p[i] != (char)b->n)
			abort();
}

static void block_fill(struct block *b, char *p, size_t n)
{
	if (!p)
		abort();
	b->p = memset(p, (char)n, n);
	b->n = n;
}

/* All that a program may do: what it wrote is there, zeros are zeros, and all of a usable size is usable. */
static void right(void)
{
	struct block blocks[40] = {{0}};
	unsigned random = 1;

	for (int i = 0; i < 3000; i++) {
		struct block *b = blocks + (random = random * 1103515245 + 12345) / 65536 % 40;
		size_t n = random % 11 ? 1 + random / 7 % 700 : 100000 + random / 7 % 100000;
		struct block old = *b;

		switch (random / 256 % 5) {
		case 0:
			osm_heap_free(heap, b->p);
			block_fill(b, osm_heap_alloc(heap, n), n);
			break;
		case 1:
			osm_heap_free(heap, b->p);
			b->p = osm_heap_calloc(heap, 1, n);
			for (size_t k = 0; k < n; k++)
				if (b->p[k])
					abort();
			block_fill(b, b->p, n);
			break;
		case 2:
			osm_heap_free(heap, b->p);
			block_fill(b, osm_heap_alloc_aligned(heap, 16u << random / 2048 % 5, n), n);
			break;
		case 3:
			b->p = osm_heap_realloc(heap, b->p, n);
			block_look(b, old.p ? n : 0);
			block_fill(b, b->p, n);
			break;
		default:
			if (b->p && osm_heap_usable_size(heap, b->p) >= b->n) {
				block_look(b, b->n);
				memset(b->p, (char)b->n, osm_heap_usable_size(heap, b->p));
			}
		}
	}
	osm_heap_purge(heap);
	for (size_t i = 0; i < 40; i++) {
		block_look(blocks + i, blocks[i].n);
		osm_heap_free(heap, blocks[i].p);
	}
	osm_heap_trim(heap, 0);
	if (!osm_heap_check(heap, NULL))
		abort();
}

/* What a heap had is the program's again when the heap has ended, with blocks or without. */
static void right_arena(void)
{
	static _Alignas(64) char memory[65536];
	struct osm_heap *kept = heap;

	for (int i = 0; i < 2; i++) {
		struct osm_arena arena;

		memset(memory, 0, sizeof memory);
		osm_arena_init(&arena, memory, sizeof memory);
		heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &arena.backend, NULL);
		if (!heap || !filled(1000) || !filled(3000))
			abort();
		osm_heap_free(heap, filled(2000));
		osm_heap_destroy(heap);
	}
	heap = kept;
}

int main(int argc, char **argv)
{
#define CASE(name)  \
	{               \
#name, name \
	}
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		CASE(read_freed),
		CASE(write_freed),
		CASE(read_merged),
		CASE(overrun_by_one),
		CASE(underrun_by_one),
		CASE(overrun_calloc),
		CASE(overrun_aligned),
		CASE(overrun_shrunk),
		CASE(overrun_grown),
		CASE(overrun_mapped),
		CASE(overrun_mapped_grown),
		CASE(overrun_default),
		CASE(uninitialised),
		CASE(uninitialised_reused),
		CASE(uninitialised_grown),
		CASE(uninitialised_mapped),
		CASE(free_twice),
		CASE(free_interior),
		CASE(right),
		CASE(right_arena),
		CASE(leak),
	};

	if (argc != 4)
		return 2;
	heap = osm_heap_create(osm_policy_find(argv[1], argv[2][0] ? argv[2] : NULL), osm_backend_find(argv[3]), NULL);
	if (!heap)
		return 2;
	osm_set_error_handler(ignore);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned before = VALGRIND_COUNT_ERRORS;

		fprintf(stderr, "@@ %s\n", cases[i].name);
		cases[i].run();
		fprintf(stderr, "@= %u\n", (unsigned)VALGRIND_COUNT_ERRORS - before);
	}
	fprintf(stderr, "@@ end\n");
	return 0;
}
