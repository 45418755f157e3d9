/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commits one misuse:
 *
 *     misuse CASE       commit it; see below for how it ends
 *     misuse --list     a line for each case: its name, and its promise (see misuse.h)
 *
 * If nothing ends the program earlier it ends with 0 when it saw no harm, with 10 when a block lost what was written or
 * two blocks overlapped, with 2 for a wrong command line.
 */
#define _GNU_SOURCE
#include "tests/trust/misuse/misuse.h"

#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { HARM = 10, WARM = 600, AFTER = 3000 };

void *(*volatile get)(size_t n) = malloc;
void *(*volatile get_zeroed)(size_t count, size_t n) = calloc;
void *(*volatile get_aligned)(size_t align, size_t n) = aligned_alloc;
void *(*volatile change)(void *p, size_t n) = realloc;
void (*volatile give)(void *p) = free;
size_t (*volatile usable)(void *p) = malloc_usable_size;

static const struct kind {
	const char *name;
	size_t size;
	size_t before, after; /* blocks of the size that the program allocates before and after */
	size_t row;           /* blocks in a row */
} kinds[KINDS] = {
	[KIND_FIRST] = {"first", 40, 0, 40, 4},        /* among the first blocks of its size */
	[KIND_SMALL] = {"small", 40, WARM, AFTER, 64}, /* when many have been there */
	[KIND_MIDDLE] = {"middle", 1000, 100, 400, 64},
	[KIND_LARGE] = {"large", 20000, 10, 20, 8},
	[KIND_MAPPED] = {"mapped", (size_t)5 << 20, 1, 3, 3},
};

static const struct kind *kind = &kinds[KIND_SMALL];

static const struct misuse *const lists[] = {misuse_free_twice, misuse_free_wrong, misuse_resize_wrong,
                                             misuse_overrun,    misuse_underrun,   misuse_after_free};

char *filled(size_t n)
{
	char *p = get(n);

	if (!p)
		exit(1);
	return memset(p, 'x', n);
}

static int by_address(const void *a, const void *b)
{
	const char *p = *(char *const *)a, *q = *(char *const *)b;

	return (p > q) - (p < q);
}

struct row row_get(size_t n)
{
	struct row row = {.count = kind->row, .at = 1};

	for (size_t i = 0; i < row.count; i++)
		row.blocks[i] = filled(n);
	qsort(row.blocks, row.count, sizeof *row.blocks, by_address);
	for (size_t i = 2; i < row.count; i++)
		if (row.blocks[i] - row.blocks[i - 1] < row.blocks[row.at] - row.blocks[row.at - 1])
			row.at = i;
	return row;
}

void row_give(const struct row *row, int down)
{
	for (size_t i = 0; i < row->count; i++)
		give(row->blocks[down ? row->count - 1 - i : i]);
}

void elsewhere(void *(*function)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, argument) != 0 || pthread_join(thread, NULL) != 0)
		exit(1);
}

void *give_it(void *p)
{
	give(p);
	return NULL;
}

__attribute__((noinline)) void scribble(char *at, int value, size_t n)
{
	volatile char *to = at;

	for (; n > 1; n--)
		*to++ = (char)value;
	*to = (char)(*to == (char)value ? ~value : value);
}

/* Some blocks of a size come and go, some stay. */
static void live_a_while(void)
{
	static char *blocks[WARM];

	for (size_t i = 0; i < kind->before; i++)
		blocks[i] = filled(kind->size);
	for (size_t i = 0; i < kind->before; i += 2)
		give(blocks[i]);
}

/* The bytes of a block that are written and looked at: both ends of each. */
static void mark(char *p, size_t n, size_t i)
{
	memcpy(p, &i, sizeof i);
	memcpy(p + n - sizeof i, &i, sizeof i);
}

static bool is_marked(const char *p, size_t n, size_t i)
{
	return memcmp(p, &i, sizeof i) == 0 && memcmp(p + n - sizeof i, &i, sizeof i) == 0;
}

/* Go on as a program would. False: blocks got into each other's way. */
static bool go_on(void)
{
	static char *blocks[AFTER];
	bool fine = true;

	for (size_t i = 0; i < kind->after; i++) {
		blocks[i] = get(kind->size);
		if (blocks[i])
			mark(blocks[i], kind->size, i);
	}
	for (size_t i = 0; i < kind->after; i++)
		fine = fine && (!blocks[i] || is_marked(blocks[i], kind->size, i));
	for (size_t i = 0; fine && i < kind->after; i++)
		give(blocks[i]);
	return fine;
}

static void list_all(void)
{
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
		for (const struct misuse *m = lists[l]; m->name; m++) {
			if (strlen(m->promise) == 1) {
				printf("%s %s\n", m->name, m->promise);
				continue;
			}
			for (size_t k = 0; k < KINDS; k++)
				if (m->promise[k] != ' ')
					printf("%s/%s %c\n", m->name, kinds[k].name, m->promise[k]);
		}
	}
}

/* The case with a name; sets the kind of its blocks. */
static const struct misuse *find(const char *name)
{
	size_t length = strcspn(name, "/");

	for (size_t k = 0; k < KINDS; k++)
		if (name[length] && strcmp(name + length + 1, kinds[k].name) == 0)
			kind = &kinds[k];
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
		for (const struct misuse *m = lists[l]; m->name; m++)
			if (strlen(m->name) == length && strncmp(m->name, name, length) == 0)
				return m;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct rlimit none = {0, 0};
	const struct misuse *misuse;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list_all();
		return 0;
	}
	misuse = argc == 2 ? find(argv[1]) : NULL;
	if (!misuse) {
		fputs("usage: misuse --list | misuse CASE\n", stderr);
		return 2;
	}
	setrlimit(RLIMIT_CORE, &none);
	live_a_while();
	misuse->act(kind->size);
	if (!go_on())
		_exit(HARM);
	fflush(stdout);
	exit(0); /* destructors run: a malloc that looks at its heap in the end may */
}
