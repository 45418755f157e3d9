/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays of blocks, from one byte to a megabyte, freed in two orders; what is used again is zero again. */
#include "classic.h"

static const size_t sizes[] = {
	1, 7, 8, 9, 16, 24, 25, 31, 32, 33, 40, 63, 64, 65, 100, 127, 128, 250, 500, 511, 512, 1000, 1024, 2000, 2048,
	3000, 4000, 4056, 4057, 4064, 4065, 4096, 8192, 10000, 65536, 131032, 131033, 131072, 262144, 1048576,
};

int main(void)
{
	void *p[COUNT(sizes)];
	size_t i;

	begin("calloc: arrays of sizes");
	for (i = 0; i < COUNT(sizes); i++)
		p[i] = checked_calloc(sizes[i], 1);
	show_heap();
	for (i = 0; i < COUNT(sizes); i += 2)
		checked_free(p[i]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i += 2)
		p[i] = checked_calloc(3, sizes[COUNT(sizes) - 1 - i]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i++)
		checked_free(p[COUNT(sizes) - 1 - i]);
	show_heap();
	return end();
}
