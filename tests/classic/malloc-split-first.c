/* SPDX-License-Identifier: BSD-3-Clause */
/* The free block that is split is the first of the heap. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("malloc: split the first block");
	a = checked_malloc(10000);
	b = checked_malloc(20000);
	c = checked_malloc(30000);
	checked_free(a);
	show_heap();
	a = checked_malloc(4000);
	show_heap();
	d = checked_malloc(4000);
	show_heap();
	checked_free(a);
	a = checked_malloc(100); /* The rest behind the second is smaller than the hole before it. */
	show_heap();
	checked_free(d);
	checked_free(a);
	checked_free(b);
	checked_free(c);
	show_heap();
	return end();
}
