/* SPDX-License-Identifier: BSD-3-Clause */
/* Shrinking by less than a header and a byte of payload changes nothing, nor is such a rest split off after growing. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: no split");
	a = checked_malloc(1000);
	b = checked_malloc(1000);
	c = checked_malloc(WHOLE_HEAP - 2000 - 2 * HEADER);
	show_heap();
	a = checked_realloc(a, 1000);
	a = checked_realloc(a, 993);
	a = checked_realloc(a, 968); /* 32 bytes are left, as many as a header. */
	a = checked_realloc(a, 961);
	show_heap();
	checked_free(b);
	a = checked_realloc(a, 968); /* Shrinking takes nothing from the free block behind, and gives it nothing. */
	show_heap();
	a = checked_realloc(a, 1993); /* 32 bytes of the absorbed block are left over. */
	show_heap();
	a = checked_realloc(a, 2000);
	a = checked_realloc(a, 2032);
	show_heap();
	checked_free(a);
	checked_free(c);
	show_heap();
	return end();
}
