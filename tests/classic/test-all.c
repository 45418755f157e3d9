/* SPDX-License-Identifier: BSD-3-Clause */
/* All together: the three calls that allocate take turns, on the heap and on mappings, and so do all that free. */
#include "classic.h"

static const size_t sizes[] = {
	100, 2500, 8, 40000, 131032, 64, 1, 4056, 700, 200000, 33, 1200, 9000, 72, 131041, 512, 3, 2047, 250, 66000,
	16, 900,
};

int main(void)
{
	void *p[COUNT(sizes)];
	void *q[COUNT(sizes)];
	size_t i;

	begin("malloc, calloc, realloc and free");
	for (i = 0; i < COUNT(sizes); i++) {
		p[i] = checked_malloc(sizes[i]);
		q[i] = checked_calloc(2, sizes[i]);
	}
	show_heap();
	for (i = 0; i < COUNT(sizes); i += 3) /* Holes between held blocks, */
		checked_free(p[i]);
	for (i = 1; i < COUNT(sizes); i += 3) /* blocks that grow into them, */
		p[i] = checked_realloc(p[i], sizes[i] * 2);
	for (i = 2; i < COUNT(sizes); i += 3) /* and blocks that make new ones. */
		p[i] = checked_realloc(p[i], sizes[i] / 3 + 1);
	show_heap();
	for (i = 0; i < COUNT(sizes); i += 3)
		p[i] = checked_calloc(sizes[i], 3);
	for (i = 0; i < COUNT(sizes); i++)
		q[i] = checked_realloc(q[i], sizes[i * 7 % COUNT(sizes)]);
	show_heap();
	for (i = 0; i < COUNT(sizes); i += 2) {
		checked_free(q[i]);
		q[i] = checked_realloc(NULL, sizes[COUNT(sizes) - 1 - i]);
		checked_realloc(p[i], 0);
		p[i] = checked_malloc(sizes[i] + 40);
	}
	show_heap();
	for (i = 0; i < COUNT(sizes); i++) {
		checked_free(q[COUNT(sizes) - 1 - i]);
		p[i] = checked_realloc(p[i], 1000);
	}
	show_heap();
	for (i = 0; i < COUNT(sizes); i++)
		checked_free(p[i * 5 % COUNT(sizes)]);
	show_heap();
	return end();
}
