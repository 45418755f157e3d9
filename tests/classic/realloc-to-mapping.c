/* SPDX-License-Identifier: BSD-3-Clause */
/* A request that reaches 128 KiB with its header goes to a mapping, whatever is free behind the block. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: from the heap to a mapping");
	a = checked_malloc(1000);
	a = checked_realloc(a, MMAP_THRESHOLD - HEADER - 8);
	show_heap();
	b = checked_malloc(1000);
	c = checked_malloc(100);
	show_heap();
	b = checked_realloc(b, MMAP_THRESHOLD - HEADER - 7);
	show_heap();
	c = checked_realloc(c, 1000 * 1000); /* The last block, which could grow the heap. */
	show_heap();
	checked_free(a);
	a = checked_malloc(100);
	checked_realloc(a, TOO_MUCH); /* Nothing has changed. */
	checked_realloc(a, SIZE_MAX);
	show_heap();
	a = checked_realloc(a, MMAP_THRESHOLD); /* The heap behind it is free and large enough. */
	show_heap();
	checked_free(a);
	checked_free(b);
	checked_free(c);
	show_heap();
	return end();
}
