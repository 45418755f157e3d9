/* SPDX-License-Identifier: BSD-3-Clause */
/* A large block shrinks step by step; each rest joins the one before it, or is used at once. */
#include "classic.h"

static const size_t sizes[] = {6000, 5960, 5928, 5000, 4000, 3000, 2500, 1000, 500, 100, 60, 8, 1};

int main(void)
{
	void *p[COUNT(sizes)];
	void *a, *b;
	size_t i;

	begin("realloc: split into many blocks");
	a = checked_malloc(7000);
	b = checked_malloc(WHOLE_HEAP - 7000 - HEADER);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++) {
		a = checked_realloc(a, sizes[i]);
		show_heap();
	}
	a = checked_realloc(a, 7000);
	for (i = 0; i < COUNT(sizes); i++) {
		a = checked_realloc(a, sizes[i]);
		p[i] = checked_realloc(NULL, 20);
		show_heap();
	}
	for (i = 0; i < COUNT(sizes); i++)
		checked_free(p[i]);
	checked_free(b);
	checked_free(a);
	show_heap();
	return end();
}
