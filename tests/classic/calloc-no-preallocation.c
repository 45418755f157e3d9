/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks from a page on, header included, have mappings of their own; with only those the heap does not begin. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("calloc: only mapped sizes, no preallocation");
	a = checked_calloc(1, PAGE - HEADER);
	b = checked_calloc(PAGE - HEADER - 7, 1); /* Rounded up to 8 it is as large as the one before. */
	c = checked_calloc(100, 100);
	d = checked_calloc(1000, 1001);
	checked_free(c);
	c = checked_calloc(1, MMAP_THRESHOLD);
	checked_free(a);
	checked_free(d);
	checked_free(c);
	checked_free(b);

	checked_calloc(0, 10);
	checked_calloc(10, 0);
	checked_calloc(SIZE_MAX, 2);
	checked_calloc(SIZE_MAX / 2 + 1, 2); /* The product wraps to 0. */
	checked_calloc(SIZE_MAX / 8 + 2, 8); /* The product wraps to 8. */
	checked_calloc(TOO_MUCH / 8, 8);
	show_heap();
	return end();
}
