/* SPDX-License-Identifier: BSD-3-Clause */
/* realloc of NULL allocates, realloc to 0 frees. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: NULL and 0");
	checked_realloc(NULL, 0);
	a = checked_realloc(NULL, 1000);
	b = checked_realloc(NULL, MMAP_THRESHOLD);
	c = checked_realloc(NULL, 1);
	show_heap();
	checked_realloc(b, 0);
	checked_realloc(a, 0);
	show_heap();
	a = checked_realloc(NULL, 1000);
	show_heap();
	checked_realloc(a, 0);
	checked_realloc(c, 0);
	show_heap();
	return end();
}
