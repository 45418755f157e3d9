/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy of one's own on the shared engine: examples/policies/worst_fit.c, next to first fit and best fit.
 *
 * The same heap for each: holes of 200, 100 and 400 bytes between live blocks, and then a block of 80 bytes.
 */
//! [include]
#define OSM_LAYOUT tag
#define OSM_DEFINE_POLICY(name) static const struct osm_policy name##_policy
#include "examples/policies/worst_fit.c"
//! [include]

#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdio.h>

static char memory[16384];

static bool draw_block(const struct osm_block *block, void *context)
{
	(void)context;
	printf("[%c %zu]", block->free ? '.' : 'A', block->size);
	return true;
}

static int show(const struct osm_policy *policy)
{
	static const size_t sizes[] = {200, 16, 100, 16, 400, 16};
	struct osm_arena arena;
	struct osm_heap *heap;
	void *blocks[6];

	osm_arena_init(&arena, memory, sizeof memory);
	heap = osm_heap_create(policy, &arena.backend, NULL);
	if (!heap)
		return 1;
	for (int i = 0; i < 6; i++)
		blocks[i] = osm_heap_alloc(heap, sizes[i]);
	for (int i = 0; i < 6; i += 2)
		osm_heap_free(heap, blocks[i]);
	blocks[0] = osm_heap_alloc(heap, 80);
	printf("%-10s ", policy->name);
	osm_heap_walk(heap, draw_block, NULL);
	printf("\n");
	osm_heap_destroy(heap);
	return blocks[0] ? 0 : 1;
}

int main(void)
{
	int failed = show(osm_policy_find("first-fit", "tag"));

	failed |= show(osm_policy_find("best-fit", "tag"));
	//! [use]
	failed |= show(&worst_fit_policy);
	//! [use]
	return failed;
}

/* output:
first-fit  [A 92][. 108][A 28][. 108][A 28][. 412][A 28]
best-fit   [. 204][A 28][A 92][. 12][A 28][. 412][A 28]
worst-fit  [. 204][A 28][. 108][A 28][A 92][. 316][A 28]
*/
