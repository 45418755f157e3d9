/* SPDX-License-Identifier: BSD-3-Clause */
/* What a growing block absorbs stays absorbed, even if it does not suffice and the block has to move. */
#include "classic.h"

int main(void)
{
	void *a, *b, *c;

	begin("realloc: absorbing that does not suffice");
	a = checked_malloc(50000);
	b = checked_malloc(50000);
	show_heap();
	/*
	 * When the call begins the last block of the heap is the free one behind b. b absorbs it and is the last one then,
	 * but was not when the call began: it moves, and with no free block left at the end the heap grows by a whole
	 * block.
	 */
	b = checked_realloc(b, 100000);
	show_heap();
	checked_free(b);
	show_heap();

	b = checked_malloc(20000);
	c = checked_malloc(WHOLE_HEAP);
	checked_free(b);
	show_heap();
	a = checked_realloc(a, 100000); /* Too little between two blocks: it moves, and what it leaves is one block. */
	show_heap();
	checked_free(a);
	checked_free(c);
	show_heap();
	return end();
}
