/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: SIGABRT */
/* message: osmem: osm_heap_free: foreign pointer at 0x[0-9a-f]+: .+ */
#include <osmem/heap.h>

#define MMAP osm_backend_find("mmap")

int main(void)
{
	struct osm_heap *one = osm_heap_create(osm_policy_find("first-fit", NULL), MMAP, NULL);
	struct osm_heap *other = osm_heap_create(osm_policy_find("buddy", NULL), MMAP, NULL);

	osm_heap_free(other, osm_heap_alloc(one, 100));
}
