/* SPDX-License-Identifier: BSD-3-Clause */
/* Many blocks, freed in a scattered order, and the first one grows over all of them. */
#include "classic.h"

static const size_t sizes[] = {
	100, 2000, 30, 4000, 500, 6000, 70, 8000, 9000, 10000, 1100, 12000, 13, 14000, 1500, 16000,
};

int main(void)
{
	void *p[COUNT(sizes)];
	void *a;
	size_t i;

	begin("realloc: coalesce into one big block");
	a = checked_realloc(NULL, 8);
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_realloc(NULL, sizes[i]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++)
		checked_realloc(p[i * 5 % COUNT(sizes)], 0);
	show_heap();
	a = checked_realloc(a, WHOLE_HEAP);
	show_heap();
	a = checked_realloc(a, 8);
	show_heap();
	checked_free(a);
	show_heap();
	return end();
}
