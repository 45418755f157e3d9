/* SPDX-License-Identifier: BSD-3-Clause */
/* The last block of the heap shrinks, and what is split off is the free end of the heap. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: split behind the last block");
	a = checked_malloc(1000);
	b = checked_malloc(WHOLE_HEAP - 1000 - HEADER);
	show_heap();
	b = checked_realloc(b, 100000);
	show_heap();
	b = checked_realloc(b, 50000);
	show_heap();
	c = checked_realloc(NULL, 79000);
	show_heap();
	c = checked_realloc(c, 1000);
	show_heap();
	c = checked_realloc(c, 79968); /* All that was preallocated, and no more. */
	show_heap();
	checked_free(a);
	checked_free(b);
	checked_free(c);
	show_heap();
	return end();
}
