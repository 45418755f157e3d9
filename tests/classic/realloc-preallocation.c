/* SPDX-License-Identifier: BSD-3-Clause */
/* The first block on the heap makes it 128 KiB large; a block with room behind it grows without a system call. */
#include "classic.h"

int main(void)
{
	void *a, *b;

	begin("realloc: preallocation");
	a = checked_realloc(NULL, 100);
	show_heap();
	a = checked_realloc(a, 200);
	a = checked_realloc(a, 201);
	a = checked_realloc(a, 208);
	show_heap();
	b = checked_realloc(NULL, 50000);
	b = checked_realloc(b, 100000);
	show_heap();
	checked_free(b);
	a = checked_realloc(a, WHOLE_HEAP);
	show_heap();
	b = checked_realloc(NULL, 1000);
	checked_free(a);
	checked_free(b);
	show_heap();
	return end();
}
