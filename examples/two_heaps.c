/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two heaps in one process: best fit with one word a block, on the program break, and a binary buddy on mappings.
 */
#include <osmem/heap.h>
#include <stdio.h>

static void describe(const char *name, struct osm_heap *heap)
{
	struct osm_stats stats;

	osm_heap_stats(heap, &stats);
	printf("%s: %zu blocks, %zu bytes, healthy: %s\n", name, stats.live_blocks, stats.live_bytes,
	       osm_heap_check(heap, NULL) ? "yes" : "no");
}

int main(void)
{
	//! [create]
	struct osm_heap *texts = osm_heap_create(osm_policy_find("best-fit", "tag"), osm_backend_find("brk"), NULL);
	struct osm_heap *pages = osm_heap_create(osm_policy_find("buddy", NULL), osm_backend_find("mmap"), NULL);

	if (!texts || !pages)
		return 1;
	//! [create]

	//! [allocate]
	char *text = osm_heap_alloc(texts, 600);
	char *page = osm_heap_alloc_aligned(pages, 4096, 600);

	if (!text || !page)
		return 1;
	printf("600 bytes become %zu and %zu\n", osm_heap_usable_size(texts, text), osm_heap_usable_size(pages, page));
	printf("who owns the text: texts %d, pages %d\n", osm_heap_owns(texts, text), osm_heap_owns(pages, text));
	//! [allocate]
	describe("texts", texts);
	describe("pages", pages);

	//! [destroy]
	osm_heap_free(texts, text);
	osm_heap_destroy(texts);
	osm_heap_destroy(pages); /* with the page that nobody freed */
	//! [destroy]
	return 0;
}

/* output:
600 bytes become 604 and 1024
who owns the text: texts 1, pages 0
texts: 1 blocks, 604 bytes, healthy: yes
pages: 1 blocks, 1024 bytes, healthy: yes
*/
