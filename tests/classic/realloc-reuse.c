/* SPDX-License-Identifier: BSD-3-Clause */
/* A block that cannot grow where it lies moves into the free block that fits best; its old place is used again. */
#include "classic.h"

static const size_t sizes[] = {8, 3000, 8, 1000, 8, 2000, 8, 1000, 8};

int main(void)
{
	void *p[COUNT(sizes)];
	void *a, *b, *c;
	size_t i;

	begin("realloc: reuse of a block");
	a = checked_realloc(NULL, 500);
	b = checked_realloc(NULL, 600);
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_realloc(NULL, sizes[i]);
	for (i = 1; i < COUNT(sizes); i += 2)
		checked_free(p[i]);
	show_heap();

	a = checked_realloc(a, 990); /* Two free blocks of 1000: the lower one. */
	show_heap();
	c = checked_realloc(NULL, 500); /* Where the first was. */
	b = checked_realloc(b, 990); /* The other one. */
	show_heap();
	c = checked_realloc(c, 1050); /* It could use what is free behind it. */
	show_heap();
	c = checked_realloc(c, 1500); /* Now it cannot: the smallest that suffices. */
	show_heap();
	c = checked_realloc(c, 1900);
	show_heap();

	checked_free(c);
	checked_free(b);
	checked_free(a);
	for (i = 0; i < COUNT(sizes); i += 2)
		checked_free(p[i]);
	show_heap();
	return end();
}
