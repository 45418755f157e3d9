/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk and the index decide alike; how much sooner does the index? With 2000 free blocks that do not suffice in
 * front of one that does, the walk looks at all of them.
 */
#include "exercise.h"

#include <time.h>

enum { HOLES = 2000, ROUNDS = 50 };

/* Seconds for some allocations behind many holes; *place is where the first one lay. */
static double seconds(const char *policy, size_t *place)
{
	static void *p[2 * HOLES];
	struct osm_heap *heap = exercise_heap(policy, "tag", 512 * 1024);
	clock_t begin;

	for (int i = 0; i < 2 * HOLES; i++)
		assert((p[i] = osm_heap_alloc(heap, 28)) != NULL);
	for (int i = 0; i < 2 * HOLES; i += 2)
		osm_heap_free(heap, p[i]);
	begin = clock();
	for (int i = 0; i < ROUNDS; i++) {
		char *q = osm_heap_alloc(heap, 60);

		assert(q);
		if (i == 0)
			*place = (size_t)(q - exercise_memory);
	}
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

int main(void)
{
	size_t by_walk, by_index;
	double walk = seconds("first-fit-scan", &by_walk), index = seconds("first-fit", &by_index);

	assert(by_walk == by_index);
	assert(walk > 5 * index);
	return 0;
}
