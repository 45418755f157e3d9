/* SPDX-License-Identifier: BSD-3-Clause */
/* The last block of the heap grows with it, by exactly what is missing, even if another free block would suffice. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: enlarging the last block");
	a = checked_malloc(30000);
	b = checked_malloc(WHOLE_HEAP - 30000 - HEADER);
	show_heap();
	b = checked_realloc(b, 110000);
	b = checked_realloc(b, 110001);
	show_heap();
	c = checked_malloc(100);
	checked_free(a);
	c = checked_realloc(c, 1000); /* There is room lower down, but the last block stays. */
	c = checked_realloc(c, 50000);
	show_heap();
	c = checked_realloc(c, 100);
	show_heap();
	c = checked_realloc(c, 50000); /* What was split off is enough again. */
	show_heap();

	checked_free(c);
	b = checked_realloc(b, WHOLE_HEAP);
	show_heap();
	a = checked_malloc(100);
	a = checked_realloc(a, 70000); /* Not the last one: it moves, and the free last block is enlarged for it. */
	show_heap();
	checked_free(a);
	checked_free(b);
	show_heap();
	return end();
}
