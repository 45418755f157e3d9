/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays of blocks that all grow and shrink in turn, across every threshold. */
#include "classic.h"

static const size_t sizes[] = {
	1, 100000, 16, 131032, 100, 65536, 33, 1048576, 4064, 8, 500, 131033, 2000, 72, 131072, 1000,
};

int main(void)
{
	void *p[COUNT(sizes)];
	size_t i;

	begin("realloc: arrays of sizes");
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_realloc(NULL, sizes[i]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_realloc(p[i], sizes[(i + 1) % COUNT(sizes)]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_realloc(p[i], sizes[COUNT(sizes) - 1 - i]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_realloc(p[i], 8 + i * 100);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++)
		checked_realloc(p[i * 3 % COUNT(sizes)], 0);
	show_heap();
	return end();
}
