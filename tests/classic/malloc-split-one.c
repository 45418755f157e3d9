/* SPDX-License-Identifier: BSD-3-Clause */
/* A request takes the low end of a larger free block; the rest is a free block, and serves the next request. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("malloc: split into one block and a rest");
	a = checked_malloc(2000);
	b = checked_malloc(WHOLE_HEAP - 2000 - HEADER);
	show_heap();
	checked_free(a);
	a = checked_malloc(500);
	show_heap();
	c = checked_malloc(1464); /* All of the rest. */
	show_heap();
	checked_free(c);
	c = checked_malloc(1);
	show_heap();
	checked_free(a);
	checked_free(b);
	checked_free(c);
	show_heap();
	return end();
}
