/* SPDX-License-Identifier: BSD-3-Clause */
/* realloc of a free block, or of what is no block of ours, gives NULL and changes nothing. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: pointers that are no blocks of ours");
	checked_realloc(FOREIGN, 100); /* Before there is a heap, */
	a = checked_malloc(1000);
	b = checked_malloc(1000);
	c = checked_malloc(1000);
	checked_realloc(FOREIGN, 100); /* and after. */
	checked_realloc(FOREIGN, MMAP_THRESHOLD);
	checked_realloc(INSIDE(a), 100);
	show_heap();
	checked_free(b);
	checked_realloc(b, 100);
	checked_realloc(b, 2000);
	checked_realloc(b, MMAP_THRESHOLD);
	show_heap();
	checked_free(c); /* Now it is part of a free block. */
	checked_realloc(c, 500);
	checked_realloc(INSIDE(c), 500);
	show_heap();
	a = checked_realloc(a, 5000);
	show_heap();
	checked_free(a);
	checked_realloc(a, 1000);
	show_heap();
	return end();
}
