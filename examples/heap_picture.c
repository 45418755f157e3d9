/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A walk: every block of a heap in address order, drawn in one line. A is a live block, a dot a free one, M a live
 * block with a mapping of its own; the number is the payload in bytes.
 */
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdio.h>

static char memory[65536];

//! [walk]
static bool draw_block(const struct osm_block *block, void *context)
{
	unsigned *blocks = context;

	++*blocks;
	printf("[%c %zu]", block->free ? '.' : block->mapped ? 'M' : 'A', block->size);
	return true; /* false would end the walk */
}

static void draw(struct osm_heap *heap, const char *when)
{
	unsigned blocks = 0;

	printf("%-14s ", when);
	osm_heap_walk(heap, draw_block, &blocks);
	printf(" %u block%s\n", blocks, blocks == 1 ? "" : "s");
}
//! [walk]

int main(void)
{
	struct osm_config config = {.preallocate = 1024, .map_threshold = 8192};
	struct osm_arena arena;
	struct osm_heap *heap;
	char *a, *b, *c, *d;

	osm_arena_init(&arena, memory, sizeof memory);
	heap = osm_heap_create(osm_policy_find("first-fit", "tag"), &arena.backend, &config);
	if (!heap)
		return 1;
	draw(heap, "new");
	a = osm_heap_alloc(heap, 100);
	b = osm_heap_alloc(heap, 200);
	c = osm_heap_alloc(heap, 300);
	draw(heap, "three blocks");
	osm_heap_free(heap, b);
	draw(heap, "b is freed");
	d = osm_heap_alloc(heap, 50);
	draw(heap, "d splits it");
	a = osm_heap_realloc(heap, a, 400);
	draw(heap, "a moves");
	b = osm_heap_alloc(heap, 10000);
	draw(heap, "b is large");
	if (!a || !b || !c || !d)
		return 1;
	osm_heap_free(heap, a);
	osm_heap_free(heap, b);
	osm_heap_free(heap, c);
	osm_heap_free(heap, d);
	draw(heap, "all are freed");
	osm_heap_destroy(heap);
	return 0;
}

/* output:
new             0 blocks
three blocks   [A 108][A 204][A 300][. 380] 4 blocks
b is freed     [A 108][. 204][A 300][. 380] 4 blocks
d splits it    [A 108][A 60][. 140][A 300][. 380] 5 blocks
a moves        [. 108][A 60][. 140][A 300][A 412] 5 blocks
b is large     [. 108][A 60][. 140][A 300][A 412][M 10000] 6 blocks
all are freed  [. 1036] 1 block
*/
