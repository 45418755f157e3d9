/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program whose break is hemmed in: a page is mapped 4 MiB above it. It holds 64 MiB of blocks all the same, frees every
 * other one, takes them again, and each keeps what was written to it.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCKS = 3000, ROOM = 4 << 20, PAGE = 4096 };

static unsigned char *blocks[BLOCKS];

static size_t size_of(int i)
{
	return (size_t)(20000 + i * 7919 % 5000);
}

static void give_up(const char *what, int i)
{
	printf("block %d: %s\n", i, what);
	exit(1);
}

static void take(int i)
{
	blocks[i] = malloc(size_of(i));
	if (!blocks[i])
		give_up("no memory", i);
	memset(blocks[i], i & 255, size_of(i));
}

static void give_back(int i)
{
	for (size_t at = 0; at < size_of(i); at++)
		if (blocks[i][at] != (i & 255))
			give_up("not what was written", i);
	free(blocks[i]);
}

int main(void)
{
	uintptr_t above = ((uintptr_t)sbrk(0) + ROOM) & ~(uintptr_t)(PAGE - 1);

	if (mmap((void *)above, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		give_up("the page above the break cannot be mapped", 0);
	for (int i = 0; i < BLOCKS; i++)
		take(i);
	for (int i = 0; i < BLOCKS; i += 2)
		give_back(i);
	for (int i = 0; i < BLOCKS; i += 2)
		take(i);
	for (int i = 0; i < BLOCKS; i++)
		give_back(i);
	puts("works");
	return 0;
}
