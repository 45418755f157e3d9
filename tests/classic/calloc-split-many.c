/* SPDX-License-Identifier: BSD-3-Clause */
/* One free block is split into many, one after the other. */
#include "classic.h"

static const size_t sizes[] = {8, 16, 24, 1, 100, 200, 300, 400, 500, 1000, 72, 80, 96, 1500, 2000, 3, 5, 9};

int main(void)
{
	void *p[COUNT(sizes)];
	void *a, *b;
	size_t i;

	begin("calloc: split into many blocks");
	a = checked_malloc(7000);
	b = checked_malloc(WHOLE_HEAP - 7000 - HEADER);
	checked_free(a);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++) {
		p[i] = checked_calloc(1, sizes[i]);
		show_heap();
	}
	for (i = 0; i < COUNT(sizes); i++)
		checked_free(p[i]);
	checked_free(b);
	show_heap();
	return end();
}
