/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program whose break is hemmed in: a page is mapped 4 MiB above it. It holds 64 MiB of blocks all the same, frees every
 * other one, takes them again, and each keeps what was written to it.
 *
 *     hemmed own      the room is the program's own, from where the heap ends: a layout may find none elsewhere
 *     hemmed free     there is no memory any more when a thread that has nothing yet frees another's block: errno stays
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 3000, FEW = 50, ROOM = 4 << 20, PAGE = 4096 };

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

static bool is_own(const unsigned char *own, size_t room)
{
	for (size_t at = 0; at < room; at++)
		if (own[at] != 0xA5)
			return false;
	return true;
}

/* The program has all that is left below the page. */
static void hold_own(uintptr_t above)
{
	size_t room = above - PAGE - (uintptr_t)sbrk(0);
	unsigned char *own = sbrk((intptr_t)room);

	if (own == (void *)-1)
		give_up("the program has no room of its own", FEW);
	memset(own, 0xA5, room);
	for (int i = FEW; i < BLOCKS; i++)
		if ((blocks[i] = malloc(size_of(i))) != NULL)
			memset(blocks[i], i & 255, size_of(i));
	if (!is_own(own, room))
		give_up("one is in the program's own memory", BLOCKS);
	for (int i = 0; i < BLOCKS; i++)
		if (blocks[i])
			give_back(i);
	malloc_trim(0);
	if (!is_own(own, room))
		give_up("the program's own memory went back", BLOCKS);
}

enum { SMALL = 200, FOREIGN = 1500, FILL = 2080, SHIFTS = 4 };

static int go[2];

static void *free_one(void *kept)
{
	char byte;

	if (read(go[0], &byte, 1) != 1)
		return NULL;
	errno = ERANGE;
	free(blocks[FOREIGN]);
	*(int *)kept = errno;
	return NULL;
}

/* The heap's last hole is too small for what a thread needs, for one shift at least. */
static int free_without_memory(size_t shift)
{
	pthread_t thread;
	int kept = 0;

	if (pipe(go) != 0 || pthread_create(&thread, NULL, free_one, &kept) != 0)
		return 2;
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(SMALL);
	if (!malloc(FILL + shift))
		return 2;
	for (size_t size = 20000; size > FILL; size = size / 2 < FILL ? FILL : size / 2)
		while (malloc(size))
			;
	while (malloc(FILL))
		;
	if (write(go[1], "", 1) != 1)
		return 2;
	pthread_join(thread, NULL);
	return kept != ERANGE;
}

static void free_in_children(void)
{
	for (int i = 0; i < SHIFTS; i++) {
		pid_t pid = fork();
		int status = 1;

		if (pid == 0)
			_exit(free_without_memory((size_t)i * 512));
		waitpid(pid, &status, 0);
		if (status != 0)
			give_up("errno is another after a free", i);
	}
}

int main(int argc, char **argv)
{
	uintptr_t above = ((uintptr_t)sbrk(0) + ROOM) & ~(uintptr_t)(PAGE - 1);

	if (mmap((void *)above, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		give_up("the page above the break cannot be mapped", 0);
	if (argc > 1 && strcmp(argv[1], "own") == 0) {
		for (int i = 0; i < FEW; i++)
			take(i);
		hold_own(above);
	} else if (argc > 1 && strcmp(argv[1], "free") == 0) {
		free_in_children();
	} else {
		for (int i = 0; i < BLOCKS; i++)
			take(i);
		for (int i = 0; i < BLOCKS; i += 2)
			give_back(i);
		for (int i = 0; i < BLOCKS; i += 2)
			take(i);
		for (int i = 0; i < BLOCKS; i++)
			give_back(i);
	}
	puts("works");
	return 0;
}
