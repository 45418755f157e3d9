/* SPDX-License-Identifier: BSD-3-Clause */
/* The free block that is split lies in the middle of the heap, with larger free blocks on both sides. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d, *e;

	begin("malloc: split a block in the middle");
	a = checked_malloc(30000);
	b = checked_malloc(8);
	c = checked_malloc(10000);
	d = checked_malloc(8);
	checked_free(a);
	checked_free(c);
	show_heap();
	a = checked_malloc(5000);
	show_heap();
	c = checked_malloc(4000);
	show_heap();
	e = checked_malloc(6000); /* Now only the larger ones suffice. */
	show_heap();
	checked_free(a);
	checked_free(c);
	checked_free(b);
	show_heap();
	checked_free(d);
	checked_free(e);
	show_heap();
	return end();
}
