/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many bytes are usable of a request of n, with boundary tags of 4 bytes and a granule of 16? Payload and tag together
 * are a multiple of the granule, and the payload has at least 12 bytes.
 */
#include "exercise.h"

static size_t usable(size_t n)
{
	size_t least = n < 12 ? 12 : n;

	return (least + 4 + 15) / 16 * 16 - 4;
}

int main(void)
{
	struct osm_heap *heap = exercise_heap("first-fit", "tag", 65536);

	for (size_t n = 1; n <= 300; n++) {
		char *p = osm_heap_alloc(heap, n);

		assert((uintptr_t)p % 16 == 0);
		assert(osm_heap_usable_size(heap, p) == usable(n));
		osm_heap_free(heap, p);
	}
	return 0;
}
