/* SPDX-License-Identifier: BSD-3-Clause */
/* Nothing fits: a free block at the end of the heap is enlarged by what is missing, else the heap grows by a block. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("malloc: enlarging the last block");
	a = checked_malloc(1000);
	b = checked_malloc(120000);
	show_heap();
	c = checked_malloc(10000); /* The last block is free but too small. */
	show_heap();
	checked_free(c);
	c = checked_malloc(20001);
	show_heap();
	d = checked_malloc(5000); /* The last block is held. */
	checked_free(a);
	a = checked_malloc(2000); /* There is a free block, but neither large enough nor the last one. */
	show_heap();
	checked_free(a);
	checked_free(d); /* Merges with the last one, so both are enlarged. */
	a = checked_malloc(7041);
	show_heap();
	checked_free(a);
	checked_free(b);
	checked_free(c);
	show_heap();
	return end();
}
