/* SPDX-License-Identifier: BSD-3-Clause */
/* Shrinking splits: the block stays, the rest is a free block, and serves the next request. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: split into one block and a rest");
	a = checked_malloc(2000);
	b = checked_malloc(WHOLE_HEAP - 2000 - HEADER);
	show_heap();
	a = checked_realloc(a, 1960); /* 40 bytes are left: a block. */
	show_heap();
	a = checked_realloc(a, 500); /* The rest joins the free block behind. */
	show_heap();
	c = checked_realloc(NULL, 1464); /* All of it. */
	show_heap();
	a = checked_realloc(a, 1);
	show_heap();
	checked_free(c);
	checked_free(a);
	checked_free(b);
	show_heap();
	return end();
}
