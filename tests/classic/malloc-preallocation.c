/* SPDX-License-Identifier: BSD-3-Clause */
/* The first block on the heap makes it 128 KiB large; the blocks after it need no system call until that is full. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d, *e;

	begin("malloc: preallocation");
	a = checked_malloc(MMAP_THRESHOLD); /* A mapped block does not begin the heap. */
	b = checked_malloc(1000);
	show_heap();
	c = checked_malloc(1);
	d = checked_malloc(100000);
	show_heap();
	checked_free(a);
	checked_free(d);
	checked_free(c);
	checked_free(b);
	show_heap();

	a = checked_malloc(WHOLE_HEAP); /* What is left is too small for a block. */
	show_heap();
	b = checked_malloc(1000);
	c = checked_malloc(1);
	d = checked_malloc(WHOLE_HEAP);
	e = checked_malloc(WHOLE_HEAP + 1);
	show_heap();
	checked_free(a);
	checked_free(b);
	checked_free(c);
	checked_free(d);
	checked_free(e);
	show_heap();
	return end();
}
