/* SPDX-License-Identifier: BSD-3-Clause */
/* The free block that is split lies in the middle of the heap, with larger free blocks on both sides. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d, *e;

	begin("calloc: split a block in the middle");
	a = checked_calloc(40, 100);
	b = checked_calloc(1, 8);
	c = checked_calloc(30, 100);
	d = checked_calloc(1, 8);
	checked_free(a);
	checked_free(c);
	show_heap();
	a = checked_calloc(15, 100);
	show_heap();
	c = checked_calloc(10, 100);
	show_heap();
	e = checked_calloc(20, 100); /* Now only the larger ones suffice. */
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
