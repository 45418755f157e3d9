/* SPDX-License-Identifier: BSD-3-Clause */
/* The free block that is split is the last of the heap; what is left of it is split again, down to nothing. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("calloc: split the last block");
	a = checked_malloc(124000);
	show_heap();
	b = checked_calloc(40, 100);
	show_heap();
	c = checked_calloc(20, 100);
	show_heap();
	d = checked_calloc(118, 8); /* All that is left. */
	show_heap();
	checked_free(d);
	checked_free(c);
	show_heap();
	c = checked_calloc(25, 2);
	show_heap();
	checked_free(a);
	checked_free(c);
	checked_free(b);
	show_heap();
	return end();
}
