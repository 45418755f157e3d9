/* SPDX-License-Identifier: BSD-3-Clause */
/* The free block that is split is the first of the heap. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("calloc: split the first block");
	a = checked_malloc(8000);
	b = checked_calloc(20, 200);
	c = checked_calloc(15, 200);
	checked_free(a);
	show_heap();
	a = checked_calloc(30, 100);
	show_heap();
	d = checked_calloc(40, 100);
	show_heap();
	checked_free(a);
	a = checked_calloc(100, 1); /* The rest behind the second is smaller than the hole before it. */
	show_heap();
	checked_free(d);
	checked_free(a);
	checked_free(b);
	checked_free(c);
	show_heap();
	return end();
}
