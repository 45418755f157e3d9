/* SPDX-License-Identifier: BSD-3-Clause */
/* A rest that cannot hold a header and a byte of payload stays in the block. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("malloc: no split");
	a = checked_malloc(1000);
	b = checked_malloc(WHOLE_HEAP - 1000 - 2 * HEADER - 64); /* Room for one more block, of 72 bytes. */
	show_heap();
	checked_free(a);
	a = checked_malloc(1000);
	checked_free(a);
	a = checked_malloc(993);
	checked_free(a);
	a = checked_malloc(968); /* 32 bytes are left, as many as a header. */
	checked_free(a);
	a = checked_malloc(961);
	show_heap();
	c = checked_malloc(40); /* The last block. */
	show_heap();
	checked_free(a);
	a = checked_malloc(960); /* 40 bytes are left: a block. */
	show_heap();
	checked_free(a);
	checked_free(c);
	checked_free(b);
	show_heap();
	return end();
}
