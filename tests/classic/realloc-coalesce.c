/* SPDX-License-Identifier: BSD-3-Clause */
/* A block grows over neighbours that were freed one by one, in every order. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c, *d, *e;

	begin("realloc: coalesce free neighbours");
	a = checked_malloc(1000);
	b = checked_malloc(1000);
	c = checked_malloc(1000);
	d = checked_malloc(1000);
	e = checked_malloc(1000);
	checked_free(b);
	a = checked_realloc(a, 2000 + HEADER); /* All of it. */
	show_heap();
	checked_free(d);
	checked_free(c);
	a = checked_realloc(a, 4000); /* Both, less what is left over. */
	show_heap();
	a = checked_realloc(a, 1000);
	show_heap();
	b = checked_malloc(1000);
	c = checked_malloc(1000);
	d = checked_malloc(1000);
	checked_free(b);
	checked_free(d);
	show_heap();
	checked_free(c);
	a = checked_realloc(a, 3500);
	show_heap();
	checked_free(e); /* Nothing but free memory behind it now. */
	a = checked_realloc(a, 100000);
	show_heap();
	checked_free(a);
	show_heap();
	return end();
}
