/* SPDX-License-Identifier: BSD-3-Clause */
/* Free neighbours count as one block: freed from left to right, from right to left, and the one between two. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("malloc: coalesce free neighbours");
	a = checked_malloc(1000);
	b = checked_malloc(1000);
	c = checked_malloc(1000);
	d = checked_malloc(WHOLE_HEAP - 3000 - 3 * HEADER);
	show_heap();
	checked_free(a);
	checked_free(b);
	show_heap();
	a = checked_malloc(2000 + HEADER);
	checked_free(c);
	checked_free(a);
	show_heap();
	a = checked_malloc(3000 + 2 * HEADER);
	checked_free(a);

	a = checked_malloc(1000);
	b = checked_malloc(1000);
	c = checked_malloc(1000);
	checked_free(a);
	checked_free(c);
	show_heap();
	checked_free(b);
	show_heap();
	a = checked_malloc(2500);
	show_heap();
	checked_free(d); /* Joins the rest before it. */
	checked_free(a);
	show_heap();
	return end();
}
