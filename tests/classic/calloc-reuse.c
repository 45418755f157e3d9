/* SPDX-License-Identifier: BSD-3-Clause */
/* A freed block is used again, zeroed: the smallest that suffices, the lowest of those that are equally small. */
#include "classic.h"

static const size_t sizes[] = {3000, 8, 1000, 8, 2000, 8, 1000, 8, 500, 8};

int main(void)
{
	void *p[COUNT(sizes)];
	void *a, *b, *c, *d;
	size_t i;

	begin("calloc: reuse of a block");
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_calloc(1, sizes[i]);
	checked_free(p[2]);
	p[2] = checked_calloc(10, 100);
	for (i = 0; i < COUNT(sizes); i += 2)
		checked_free(p[i]);
	show_heap();

	a = checked_calloc(99, 10); /* Two free blocks of 1000: the lower one. */
	b = checked_calloc(99, 10); /* The other one. */
	c = checked_calloc(20, 100);
	d = checked_calloc(5, 100);
	show_heap();
	checked_free(b);
	checked_free(a);
	a = checked_calloc(199, 5); /* Still the lower one, whichever was freed first. */
	show_heap();

	checked_free(a);
	checked_free(c);
	checked_free(d);
	for (i = 1; i < COUNT(sizes); i += 2)
		checked_free(p[i]);
	show_heap();
	return end();
}
