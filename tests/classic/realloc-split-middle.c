/* SPDX-License-Identifier: BSD-3-Clause */
/* A block in the middle of the heap grows and shrinks between two neighbours that are held. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("realloc: split behind a block in the middle");
	a = checked_malloc(5000);
	b = checked_malloc(5000);
	c = checked_malloc(5000);
	show_heap();
	b = checked_realloc(b, 3000);
	show_heap();
	d = checked_realloc(NULL, 1000);
	show_heap();
	b = checked_realloc(b, 2000);
	show_heap();
	checked_free(d);
	b = checked_realloc(b, 4000);
	show_heap();
	checked_free(a); /* A free block before does not help: */
	b = checked_realloc(b, 6000); /* it moves to where there is enough. */
	show_heap();
	checked_free(b);
	checked_free(c);
	show_heap();
	return end();
}
