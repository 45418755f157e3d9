/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A free block of 172 bytes, boundary tags, granule 16. Which requests take all of it? Those that leave less than a tag
 * and the smallest payload behind, 4 + 12 bytes. Payloads are 12, 28, ..., 156, 172: so every request over 156.
 */
#include "exercise.h"

/* Does a request of n, served from a hole of 172 bytes, take the whole hole? */
static bool takes_all(size_t n)
{
	struct osm_heap *heap = exercise_heap("first-fit", "tag", 1024);
	char *hole = osm_heap_alloc(heap, 172), *p;

	osm_heap_alloc(heap, 16); /* keeps the hole from merging with what lies behind */
	osm_heap_free(heap, hole);
	p = osm_heap_alloc(heap, n);
	assert(p == hole);
	return osm_heap_usable_size(heap, p) == 172;
}

int main(void)
{
	for (size_t n = 1; n <= 172; n++)
		assert(takes_all(n) == (n > 156));
	return 0;
}
