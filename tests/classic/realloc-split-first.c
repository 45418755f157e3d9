/* SPDX-License-Identifier: BSD-3-Clause */
/* The first block of the heap grows into the free block behind it; the surplus is split off again. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: split behind the first block");
	a = checked_malloc(1000);
	b = checked_malloc(10000);
	c = checked_malloc(20000);
	checked_free(b);
	show_heap();
	a = checked_realloc(a, 3000);
	show_heap();
	a = checked_realloc(a, 8000);
	show_heap();
	a = checked_realloc(a, 2000);
	show_heap();
	a = checked_realloc(a, 11000); /* All of it but 32 bytes. */
	show_heap();
	checked_free(a);
	checked_free(c);
	show_heap();
	return end();
}
