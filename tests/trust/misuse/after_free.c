/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Uses of what is free.
 */
#include "tests/trust/misuse/misuse.h"

#include <stdint.h>
#include <unistd.h>

static void write_after(size_t n, size_t from, size_t count)
{
	char *p = filled(n), *q = filled(n);

	give(p);
	scribble(p + from, 'w', count);
	give(q);
}

static void a_byte(size_t n)
{
	write_after(n, 0, 1);
}

static void a_word(size_t n)
{
	write_after(n, 0, 8);
}

static void the_second_word(size_t n)
{
	write_after(n, 8, 8);
}

static void in_the_middle(size_t n)
{
	write_after(n, n / 2, 4);
}

static void the_last_byte(size_t n)
{
	write_after(n, n - 1, 1);
}

static void all(size_t n)
{
	write_after(n, 0, n);
}

/* Nobody looks at the heap in the end: what is found is found when the block is about to serve again. */
static void until_it_serves_again(size_t n)
{
	char *p = filled(n);

	give(p);
	scribble(p + n / 2, 'w', 4);
	for (int i = 0; i < 5000; i++)
		give(get(n));
	_exit(0);
}

/* A pointer to something else of the program, as is written by who knows how a free list works. */
static void a_pointer(size_t n)
{
	static _Alignas(16) char target[4096];
	char *p = filled(n), *q = filled(n);

	give(q);
	give(p);
	*(char *volatile *)(void *)p = target + 64;
}

/* A counter in a freed object goes up. */
static void a_counter(size_t n)
{
	char *p = filled(n);

	give(p);
	++*(volatile size_t *)(void *)p;
}

static void where_it_lay(size_t n)
{
	char *p = filled(n), *wall = filled(n), *moved = change(p, 20 * n);

	if (moved == p)
		give(moved), moved = NULL;
	scribble(p, 'w', 16);
	give(moved);
	give(wall);
}

static void *write_16(void *p)
{
	scribble(p, 'w', 16);
	return NULL;
}

static void in_a_thread(size_t n)
{
	char *p = filled(n);

	give(p);
	elsewhere(write_16, p);
}

static void freed_in_a_thread(size_t n)
{
	char *p = filled(n);

	elsewhere(give_it, p);
	scribble(p, 'w', 16);
}

/* A method of a freed object is called: the pointer to it was in the object. */
static void a_call(size_t n)
{
	char *p = filled(n);
	void (*volatile method)(void *);

	*(void (**)(void *))(void *)(p + 16) = give;
	give(p);
	method = *(void (**)(void *))(void *)(p + 16);
	method(NULL);
}

/* A freed object's pointer to another is followed. */
static void a_pointer_is_followed(size_t n)
{
	static int target = 1;
	char *p = filled(n);

	*(int **)(void *)(p + 24) = &target;
	give(p);
	++**(int *volatile *)(void *)(p + 24);
}

static void a_read(size_t n)
{
	char *p = filled(n);

	give(p);
	(void)*(volatile char *)(p + n / 2);
}

const struct misuse misuse_after_free[] = {
	{"write-after-free-a-byte", "21222", a_byte},
	{"write-after-free-a-word", "21222", a_word},
	{"write-after-free-the-second-word", "22222", the_second_word},
	{"write-after-free-in-the-middle", "22222", in_the_middle},
	{"write-after-free-the-last-byte", "22222", the_last_byte},
	{"write-after-free-all", "21222", all},
	{"write-after-free-until-it-serves-again", " 22  ", until_it_serves_again},
	{"write-after-free-a-pointer", "21222", a_pointer},
	{"write-after-free-a-counter", "21222", a_counter},
	{"write-after-free-where-it-lay", "2122 ", where_it_lay},
	{"write-after-free-in-a-thread", "21222", in_a_thread},
	{"write-after-free-in-a-thread-freed", "21222", freed_in_a_thread},
	{"call-after-free", "2222 ", a_call},
	{"pointer-after-free-is-followed", "2222 ", a_pointer_is_followed},
	{"read-after-free", "----2", a_read},
	{NULL, NULL, NULL},
};
