/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy with nothing shared: examples/policies/bump.c implements each slot of the contract itself.
 *
 * The heap does the rest: it buys memory at the price that the policy names, moves blocks that cannot grow where they
 * lie, maps large ones, zeroes, checks and reports.
 */
//! [include]
#define OSM_DEFINE_POLICY(name) static const struct osm_policy name##_policy
#include "examples/policies/bump.c"
//! [include]

#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdio.h>
#include <string.h>

static char memory[65536];

static bool draw_block(const struct osm_block *block, void *context)
{
	(void)context;
	printf("[%c %zu]", block->free ? '.' : block->mapped ? 'M' : 'A', block->size);
	return true;
}

static void draw(struct osm_heap *heap, const char *when)
{
	printf("%-22s ", when);
	osm_heap_walk(heap, draw_block, NULL);
	printf("\n");
}

int main(void)
{
	struct osm_config config = {.map_threshold = 8192};
	struct osm_arena arena;
	char *a, *b, *c;

	//! [use]
	osm_arena_init(&arena, memory, sizeof memory);
	struct osm_heap *heap = osm_heap_create(&bump_policy, &arena.backend, &config);
	//! [use]

	if (!heap || !(a = osm_heap_alloc(heap, 100)) || !(b = osm_heap_alloc(heap, 200)))
		return 1;
	strcpy(a, "the contents come along");
	draw(heap, "a and b");
	b = osm_heap_realloc(heap, b, 300);
	draw(heap, "b grows where it lies");
	a = osm_heap_realloc(heap, a, 150);
	draw(heap, "a has to move");
	c = osm_heap_alloc(heap, 10000);
	draw(heap, "c is large");
	if (!a || !b || !c)
		return 1;
	puts(a);
	osm_heap_free(heap, a);
	draw(heap, "the top drops");
	osm_heap_free(heap, b);
	osm_heap_free(heap, c);
	draw(heap, "and drops");
	osm_heap_destroy(heap);
	return 0;
}

/* output:
a and b                [A 112][A 208]
b grows where it lies  [A 112][A 304]
a has to move          [. 112][A 304][A 160]
c is large             [. 112][A 304][A 160][M 10000]
the contents come along
the top drops          [. 112][A 304][. 160][M 10000]
and drops              [. 608]
*/
