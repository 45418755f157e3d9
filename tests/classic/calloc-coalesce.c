/* SPDX-License-Identifier: BSD-3-Clause */
/* Free neighbours count as one block: freed from left to right, from right to left, and the one between two. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("calloc: coalesce free neighbours");
	a = checked_calloc(10, 100);
	b = checked_calloc(10, 100);
	c = checked_calloc(10, 100);
	d = checked_malloc(WHOLE_HEAP - 3000 - 3 * HEADER);
	show_heap();
	checked_free(a);
	checked_free(b);
	show_heap();
	a = checked_calloc(1, 2000 + HEADER); /* Where there was a header there are zeroes now. */
	checked_free(c);
	checked_free(a);
	show_heap();
	a = checked_calloc(1, 3000 + 2 * HEADER);
	checked_free(a);

	a = checked_calloc(10, 100);
	b = checked_calloc(10, 100);
	c = checked_calloc(10, 100);
	checked_free(a);
	checked_free(c);
	show_heap();
	checked_free(b);
	show_heap();
	a = checked_calloc(25, 100);
	show_heap();
	checked_free(d); /* Joins the rest before it. */
	checked_free(a);
	show_heap();
	return end();
}
