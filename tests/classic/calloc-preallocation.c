/* SPDX-License-Identifier: BSD-3-Clause */
/* The first block on the heap makes it 128 KiB large, even a small one; mapped blocks do not. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d, *e;

	begin("calloc: preallocation");
	a = checked_calloc(1, PAGE); /* A mapped block does not begin the heap. */
	b = checked_calloc(1, 1);
	show_heap();
	c = checked_calloc(507, 8); /* The largest for the heap. */
	d = checked_calloc(508, 8); /* The smallest that is mapped. */
	show_heap();
	checked_free(a);
	checked_free(b);
	checked_free(c);
	checked_free(d);
	show_heap();

	a = checked_malloc(WHOLE_HEAP);
	b = checked_calloc(100, 10);
	c = checked_calloc(1, 1);
	d = checked_calloc(507, 8);
	e = checked_calloc(507 * 8 + 1, 1);
	show_heap();
	checked_free(a);
	checked_free(b);
	checked_free(c);
	checked_free(d);
	checked_free(e);
	show_heap();
	return end();
}
