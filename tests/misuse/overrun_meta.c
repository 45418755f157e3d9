/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: osm_heap_free: damaged block at 0x[0-9a-f]+: .+ */
#include <osmem/heap.h>
#include <string.h>

#define MMAP osm_backend_find("mmap")

int main(void)
{
	struct osm_heap *heap = osm_heap_create(osm_policy_find("first-fit", "meta"), MMAP, NULL);
	char *p = osm_heap_alloc(heap, 100);
	char *q = osm_heap_alloc(heap, 100);

	memset(p, 'x', osm_heap_usable_size(heap, p) + 16); /* ends too late, in q's header */
	osm_heap_free(heap, p);
	osm_heap_free(heap, q);
}
