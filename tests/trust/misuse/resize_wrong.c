/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * realloc and malloc_usable_size of what is no live block.
 */
#include "tests/trust/misuse/misuse.h"

#include <stdint.h>

static void freed_grows(size_t n)
{
	char *p = filled(n);

	give(p);
	scribble(change(p, 4 * n), 'y', 4 * n);
}

static void freed_shrinks(size_t n)
{
	char *p = filled(n);

	give(p);
	change(p, n / 3);
}

static void freed_keeps(size_t n)
{
	char *p = filled(n);

	give(p);
	change(p, n);
}

static void moved_by_8(size_t n)
{
	change(filled(n) + 8, 2 * n);
}

static void moved_by_16(size_t n)
{
	change(filled(n) + 16, 2 * n);
}

static void moved_by_16_keeps(size_t n)
{
	change(filled(n) + 16, n - 16);
}

static void of_a_local(size_t n)
{
	_Alignas(16) char local[64] = "local";

	(void)n;
	change(local, 100);
}

static void of_a_static(size_t n)
{
	_Alignas(16) static char bytes[256];

	(void)n;
	change(bytes + 64, 100);
}

static void of_16(size_t n)
{
	(void)n;
	change((void *)16, 100);
}

/* The block moved; where it lay is resized once more. */
static void where_it_lay(size_t n)
{
	char *p = filled(n), *wall = filled(n), *moved = change(p, 20 * n);

	if (moved == p)
		moved = p + 16;
	else
		moved = p;
	change(moved, 30 * n);
	give(wall);
}

static void *resize(void *p)
{
	change(p, 3000);
	return NULL;
}

static void in_a_thread_of_freed(size_t n)
{
	char *p = filled(n);

	give(p);
	elsewhere(resize, p);
}

static void usable_of_freed(size_t n)
{
	char *p = filled(n);

	give(p);
	usable(p);
}

static void usable_moved_by_8(size_t n)
{
	usable(filled(n) + 8);
}

static void usable_moved_by_16(size_t n)
{
	usable(filled(n) + 16);
}

static void usable_of_a_local(size_t n)
{
	_Alignas(16) char local[64] = "local";

	(void)n;
	usable(local + 16);
}

static void usable_of_16(size_t n)
{
	(void)n;
	usable((void *)16);
}

const struct misuse misuse_resize_wrong[] = {
	{"realloc-freed-grows", "11111", freed_grows},
	{"realloc-freed-shrinks", "11111", freed_shrinks},
	{"realloc-freed-keeps", "11111", freed_keeps},
	{"realloc-freed-in-a-thread", "21111", in_a_thread_of_freed},
	{"realloc-moved-by-8", "11111", moved_by_8},
	{"realloc-moved-by-16", "11111", moved_by_16},
	{"realloc-moved-by-16-keeps", "11111", moved_by_16_keeps},
	{"realloc-where-it-lay", "1111 ", where_it_lay},
	{"realloc-of-a-local", "1", of_a_local},
	{"realloc-of-a-static", "1", of_a_static},
	{"realloc-of-16", "1", of_16},
	{"usable-size-freed", "11111", usable_of_freed},
	{"usable-size-moved-by-8", "11111", usable_moved_by_8},
	{"usable-size-moved-by-16", "11111", usable_moved_by_16},
	{"usable-size-of-a-local", "1", usable_of_a_local},
	{"usable-size-of-16", "1", usable_of_16},
	{NULL, NULL, NULL},
};
