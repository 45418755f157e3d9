/* SPDX-License-Identifier: BSD-3-Clause */
/* A request takes the low end of a larger free block; the rest is a free block, and serves the next request. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("calloc: split into one block and a rest");
	a = checked_calloc(20, 100);
	b = checked_malloc(WHOLE_HEAP - 2000 - HEADER);
	show_heap();
	checked_free(a);
	a = checked_calloc(5, 100);
	show_heap();
	c = checked_calloc(183, 8); /* All of the rest. */
	show_heap();
	checked_free(c);
	c = checked_calloc(1, 1);
	show_heap();
	checked_free(a);
	checked_free(b);
	checked_free(c);
	show_heap();
	return end();
}
