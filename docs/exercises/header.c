/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many bytes does a header have? Two neighbours of the same size tell: what lies between their addresses and is not
 * usable is the header.
 */
#include "exercise.h"

static size_t header_of(const char *layout)
{
	struct osm_heap *heap = exercise_heap("best-fit", layout, 4096);
	char *a = osm_heap_alloc(heap, 100), *b = osm_heap_alloc(heap, 100);

	return (size_t)(b - a) - osm_heap_usable_size(heap, a);
}

int main(void)
{
	assert(header_of("meta") == 32);
	assert(header_of("wide") == sizeof(size_t));
	assert(header_of("tag") == 4);
	assert(header_of("bitmap") == 0);
	return 0;
}
