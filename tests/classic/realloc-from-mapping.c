/* SPDX-License-Identifier: BSD-3-Clause */
/* A mapped block that shrinks below 128 KiB moves to the heap, and begins it if need be. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: from a mapping to the heap");
	a = checked_malloc(MMAP_THRESHOLD);
	a = checked_realloc(a, 1000); /* The first block on the heap: it is preallocated before the mapping goes. */
	show_heap();
	b = checked_malloc(WHOLE_HEAP + 1);
	b = checked_realloc(b, WHOLE_HEAP); /* Enlarges the last block. */
	show_heap();
	c = checked_calloc(2, PAGE); /* os_calloc maps from a page on, os_realloc does not. */
	checked_free(a);
	c = checked_realloc(c, 2 * PAGE);
	show_heap();
	a = checked_calloc(1, PAGE);
	a = checked_realloc(a, 10 * PAGE);
	show_heap();
	checked_free(a);
	checked_free(b);
	a = checked_calloc(1, PAGE);
	a = checked_realloc(a, 8);
	show_heap();
	checked_free(a);
	checked_free(c);
	show_heap();
	return end();
}
