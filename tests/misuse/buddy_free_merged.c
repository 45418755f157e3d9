/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: osm_heap_free: double free at 0x[0-9a-f]+: .+ */
#include <osmem/heap.h>

#define MMAP osm_backend_find("mmap")

int main(void)
{
	struct osm_heap *heap = osm_heap_create(osm_policy_find("buddy", NULL), MMAP, NULL);
	void *p = osm_heap_alloc(heap, 100);
	void *q = osm_heap_alloc(heap, 100);

	osm_heap_free(heap, p);
	osm_heap_free(heap, q); /* one block with its buddy now */
	osm_heap_free(heap, q);
}
