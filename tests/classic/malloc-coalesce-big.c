/* SPDX-License-Identifier: BSD-3-Clause */
/* Many blocks, freed in a scattered order, are one big block in the end, which serves the largest request. */
#include "classic.h"

static const size_t sizes[] = {
	100, 2000, 30, 4000, 500, 6000, 70, 8000, 9000, 10000, 1100, 12000, 13, 14000, 1500, 16000,
};

int main(void)
{
	void *p[COUNT(sizes)];
	void *a;
	size_t i;

	begin("malloc: coalesce into one big block");
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_malloc(sizes[i]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++) {
		checked_free(p[i * 5 % COUNT(sizes)]);
		show_heap();
	}
	a = checked_malloc(WHOLE_HEAP);
	show_heap();
	checked_free(a);
	show_heap();
	return end();
}
