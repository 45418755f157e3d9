/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program for a debugger to look at: a heap of every policy in every layout, each with free, live and mapped blocks.
 * Prints what osm_heap_walk says of each; then calls a function to stop in.
 *
 *     heaps            on mappings
 *     heaps small      each in an arena, for a core file without large reservations
 *     heaps damaged    a header of the default heap is overwritten at last
 */
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <osmem/osmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 60, ARENA = 2 << 20 };

struct osm_heap *last_heap;
char *live_block, *mapped_block, *classic_block;
char not_on_a_heap[100];

static bool show(const struct osm_block *b, void *context)
{
	(void)context;
	printf("  %p %zu %s\n", b->payload, b->size, b->mapped ? "mapped" : b->free ? "free" : "live");
	return true;
}

static void show_heap(struct osm_heap *heap, const char *policy, const char *layout)
{
	printf("heap %p %s %s\n", (void *)heap, policy, layout);
	osm_heap_walk(heap, show, NULL);
}

static void *taken(struct osm_heap *heap, size_t n)
{
	void *p = osm_heap_alloc(heap, n);

	if (!p)
		abort();
	return p;
}

static void fill(struct osm_heap *heap)
{
	void *blocks[BLOCKS];

	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = taken(heap, 10 + 37 * i);
	for (size_t i = 0; i < BLOCKS; i += 3)
		osm_heap_free(heap, blocks[i]);
	live_block = blocks[1];
	taken(heap, 30000);
	taken(heap, 300000);
	taken(heap, 400000);
	mapped_block = taken(heap, 500000);
}

static struct osm_backend *backend(bool is_small)
{
	struct osm_arena *arena;

	if (!is_small)
		return osm_backend_find("mmap");
	arena = malloc(sizeof *arena);
	osm_arena_init(arena, malloc(ARENA), ARENA);
	return &arena->backend;
}

/* Where the debugger stops. */
__attribute__((noinline)) void heaps_are_made(void)
{
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	for (size_t i = 1; i <= 8; i++) {
		char *freed = classic_block;

		classic_block = os_malloc(100 * i);
		if (i == 4)
			os_free(freed);
	}
	os_malloc(200000);
	show_heap(osm_default_heap(), "default", "");
	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++) {
		last_heap = osm_heap_create(*policy, backend(strcmp(how, "small") == 0), NULL);
		if (!last_heap)
			return 1;
		fill(last_heap);
		show_heap(last_heap, (*policy)->name, (*policy)->layout);
	}
	if (strcmp(how, "damaged") == 0)
		((size_t *)(void *)classic_block)[-4] = 7777777; /* the size in its header, in the layout meta */
	fflush(stdout);
	heaps_are_made();
	return 0;
}
