/* SPDX-License-Identifier: BSD-3-Clause */
/* A freed block is used again: the smallest that suffices, the lowest of those that are equally small. */
#include "classic.h"

static const size_t sizes[] = {3000, 8, 1000, 8, 2000, 8, 1000, 8, 500, 8};

int main(void)
{
	void *p[COUNT(sizes)];
	void *a, *b, *c, *d;
	size_t i;

	begin("malloc: reuse of a block");
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_malloc(sizes[i]);
	checked_free(p[2]);
	p[2] = checked_malloc(1000);
	for (i = 0; i < COUNT(sizes); i += 2)
		checked_free(p[i]);
	show_heap();

	a = checked_malloc(990); /* Two free blocks of 1000: the lower one. */
	b = checked_malloc(990); /* The other one. */
	c = checked_malloc(2000);
	d = checked_malloc(500);
	show_heap();
	checked_free(b);
	checked_free(a);
	a = checked_malloc(995); /* Still the lower one, whichever was freed first. */
	show_heap();

	checked_free(a);
	checked_free(c);
	checked_free(d);
	for (i = 1; i < COUNT(sizes); i += 2)
		checked_free(p[i]);
	show_heap();
	return end();
}
