/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A heap in a static array: the blocks, the heap itself and its metadata all lie in there; no system call is made for
 * memory. That is how a program without an operating system uses the library.
 */
#include <errno.h>
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdint.h>
#include <stdio.h>

//! [array]
static _Alignas(16) char memory[8192];
static struct osm_arena arena;

static struct osm_heap *begin(void)
{
	struct osm_config config = {.map_threshold = SIZE_MAX};

	osm_arena_init(&arena, memory, sizeof memory);
	return osm_heap_create(osm_policy_find("first-fit", "tag"), &arena.backend, &config);
}
//! [array]

/* As many blocks of 100 bytes as there is room for, each pointing to the one before. */
static void **fill(struct osm_heap *heap)
{
	void **newest = NULL, **block;

	while ((block = osm_heap_alloc(heap, 100)) != NULL) {
		*block = newest;
		newest = block;
	}
	return newest;
}

int main(void)
{
	struct osm_heap *heap = begin();
	char *first = osm_heap_alloc(heap, 100);
	void **block;

	if (!heap || !first)
		return 1;
	printf("the first block is at offset %td\n", first - memory);

	//! [full]
	errno = 0;
	block = fill(heap);
	printf("the array is full: %s\n", errno == ENOMEM ? "ENOMEM" : "what?");
	while (block) {
		void **before = *block;

		osm_heap_free(heap, block);
		block = before;
	}
	printf("all free memory is one block again: %s\n", osm_heap_alloc(heap, 6000) ? "yes" : "no");
	//! [full]

	osm_heap_destroy(heap);
	return 0;
}

/* output:
the first block is at offset 16
the array is full: ENOMEM
all free memory is one block again: yes
*/
