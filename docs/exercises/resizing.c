/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of these move? A block that grows into a free neighbour stays; one with a live block behind it moves; shrinking
 * never moves; the last block of a heap that can grow stays however large it becomes.
 */
#include "exercise.h"

int main(void)
{
	struct osm_heap *heap = exercise_heap("first-fit", "tag", 0);
	char *a = osm_heap_alloc(heap, 100), *b = osm_heap_alloc(heap, 100), *c = osm_heap_alloc(heap, 100);

	memset(a, 'a', 100);
	assert(osm_heap_realloc(heap, a, 40) == a);
	assert(osm_heap_realloc(heap, a, 100) == a); /* back into what it gave up */
	osm_heap_free(heap, b);
	assert(osm_heap_realloc(heap, a, 200) == a);
	assert(osm_heap_realloc(heap, c, 5000) == c);
	b = osm_heap_realloc(heap, a, 400);
	assert(b != a && b > c && memcmp(b, "aaaa", 4) == 0);
	return 0;
}
