/* SPDX-License-Identifier: BSD-3-Clause */
/* A mapped block always moves, even to the same size: a new mapping, a copy, and the old one goes. No heap yet. */
#include "classic.h"

int main(void)
{
	void *a, *b;

	begin("realloc: only mapped sizes, no preallocation");
	a = checked_realloc(NULL, MMAP_THRESHOLD);
	a = checked_realloc(a, 2 * MMAP_THRESHOLD);
	a = checked_realloc(a, MMAP_THRESHOLD - HEADER);
	a = checked_realloc(a, MMAP_THRESHOLD - HEADER);
	b = checked_calloc(1, PAGE);
	a = checked_realloc(a, 1000 * 1000 + 1);
	b = checked_realloc(b, MMAP_THRESHOLD + 1);
	checked_realloc(a, TOO_MUCH); /* The block is as it was. */
	checked_realloc(a, SIZE_MAX);
	checked_realloc(b, 0);
	checked_realloc(a, 0);

	checked_realloc(NULL, 0);
	checked_realloc(NULL, TOO_MUCH);
	checked_realloc(NULL, SIZE_MAX);
	show_heap();
	return end();
}
