/* SPDX-License-Identifier: BSD-3-Clause */
/* Large blocks have mappings of their own, and as long as there are only those, the heap does not begin. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d;

	begin("malloc: only mapped sizes, no preallocation");
	a = checked_malloc(MMAP_THRESHOLD - HEADER);
	b = checked_malloc(MMAP_THRESHOLD - HEADER - 7); /* Rounded up to 8 it is as large as the one before. */
	c = checked_malloc(MMAP_THRESHOLD);
	d = checked_malloc(1000 * 1000 + 1);
	checked_free(b);
	b = checked_malloc(300000);
	checked_free(d);
	checked_free(a);
	checked_free(b);
	checked_free(c);

	checked_malloc(0);
	checked_free(NULL);
	checked_malloc(TOO_MUCH);
	checked_malloc(SIZE_MAX);
	show_heap();
	return end();
}
