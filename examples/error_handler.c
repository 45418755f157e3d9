/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An error handler of one's own: the default one writes a line and aborts; this one writes a line and lets the program
 * go on. A call that finds a misuse changes nothing.
 */
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdio.h>

static char memory[16384];
static unsigned misuses;

//! [handler]
static void note(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	misuses++;
	printf("%s: %s: %s\n", call, osm_fault_name(fault->kind), fault->detail);
}
//! [handler]

int main(void)
{
	struct osm_arena arena;
	struct osm_heap *heap;
	char on_the_stack = 'x';
	char *a, *b, *c;

	osm_arena_init(&arena, memory, sizeof memory);
	heap = osm_heap_create(osm_policy_find("best-fit", "meta"), &arena.backend, NULL);
	if (!heap)
		return 1;
	a = osm_heap_alloc(heap, 100);
	b = osm_heap_alloc(heap, 100);
	c = osm_heap_alloc(heap, 100);
	if (!a || !b || !c)
		return 1;

	//! [misuse]
	osm_set_error_handler(note);
	osm_heap_free(heap, b);
	osm_heap_free(heap, b);
	osm_heap_free(heap, a + 8);
	osm_heap_free(heap, &on_the_stack);
	osm_set_error_handler(NULL);
	//! [misuse]

	printf("%u misuses, and the heap is %s\n", misuses, osm_heap_check(heap, NULL) ? "healthy" : "damaged");
	osm_heap_destroy(heap);
	return 0;
}

/* output:
osm_heap_free: double free: the block is free already
osm_heap_free: interior pointer: it points into a live block, not to its start
osm_heap_free: foreign pointer: this heap never gave it out
3 misuses, and the heap is healthy
*/
