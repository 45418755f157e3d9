/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: osm_heap_realloc: foreign pointer at 0x[0-9a-f]+: .+ */
#include <osmem/heap.h>

#define MMAP osm_backend_find("mmap")

int main(void)
{
	struct osm_heap *heap = osm_heap_create(osm_policy_find("first-fit", NULL), MMAP, NULL);
	long local[8] = {0};

	osm_heap_realloc(heap, local + 4, 100);
}
