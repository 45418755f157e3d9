/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: osm_heap_alloc: damaged block at 0x[0-9a-f]+: .+ */
#include <osmem/heap.h>
#include <string.h>

#define MMAP osm_backend_find("mmap")

int main(void)
{
	struct osm_heap *heap = osm_heap_create(osm_policy_find("buddy", NULL), MMAP, NULL);
	char *p = osm_heap_alloc(heap, 100);

	osm_heap_free(heap, p);
	memset(p, 'x', 100);
	osm_heap_alloc(heap, 100);
}
