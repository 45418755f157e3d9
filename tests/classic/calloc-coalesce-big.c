/* SPDX-License-Identifier: BSD-3-Clause */
/* Many blocks, freed in a scattered order, are one big block in the end, which serves the largest request. */
#include "classic.h"

static const size_t sizes[] = {
	100, 2000, 30, 4000, 500, 3500, 70, 1800, 2900, 10, 1100, 2200, 13, 3400, 1500, 2600, 1, 800, 900, 7, 4056, 64,
};

int main(void)
{
	void *p[COUNT(sizes)];
	void *a;
	size_t i;

	begin("calloc: coalesce into one big block");
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_calloc(1, sizes[i]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++) {
		checked_free(p[i * 5 % COUNT(sizes)]);
		show_heap();
	}
	a = checked_malloc(WHOLE_HEAP);
	show_heap();
	checked_free(a);
	a = checked_calloc(507, 8);
	show_heap();
	checked_free(a);
	show_heap();
	return end();
}
