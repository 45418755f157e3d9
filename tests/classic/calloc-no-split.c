/* SPDX-License-Identifier: BSD-3-Clause */
/* A rest that cannot hold a header and a byte of payload stays in the block. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("calloc: no split");
	a = checked_calloc(10, 100);
	b = checked_malloc(WHOLE_HEAP - 1000 - 2 * HEADER - 64); /* Room for one more block, of 72 bytes. */
	show_heap();
	checked_free(a);
	a = checked_calloc(10, 100);
	checked_free(a);
	a = checked_calloc(331, 3);
	checked_free(a);
	a = checked_calloc(121, 8); /* 32 bytes are left, as many as a header. */
	checked_free(a);
	a = checked_calloc(1, 961);
	show_heap();
	c = checked_calloc(5, 8); /* The last block. */
	show_heap();
	checked_free(a);
	a = checked_calloc(120, 8); /* 40 bytes are left: a block. */
	show_heap();
	checked_free(a);
	checked_free(c);
	checked_free(b);
	show_heap();
	return end();
}
