/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that asks for memory a few times, and misuses it when told to: plain [double | foreign | twice | written].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 5000, SMALL = 40 };

/* Small blocks have no header, so what was done to one that is free shows when it should serve again. */
static void misuse_small(int is_double)
{
	static char *volatile blocks[MANY];

	for (int i = 0; i < MANY; i++)
		blocks[i] = malloc(SMALL);
	for (int i = 100; i < MANY; i++)
		free(blocks[i]);
	if (is_double)
		free(blocks[MANY - 2]);
	else
		memset(blocks[MANY - 1], 0x55, SMALL);
	for (int i = 0; i < 2 * MANY; i++)
		if (!malloc(SMALL))
			return;
}

int main(int argc, char **argv)
{
	char *volatile p = malloc(2000);
	char *volatile q = malloc(2000);

	if (!p || !q)
		return 1;
	strcpy(p, "works\n");
	fputs(p, stdout);
	fflush(stdout);
	free(p);
	if (argc > 1 && strcmp(argv[1], "double") == 0)
		free(p);
	if (argc > 1 && strcmp(argv[1], "foreign") == 0)
		free((void *)&argc);
	if (argc > 1 && (strcmp(argv[1], "twice") == 0 || strcmp(argv[1], "written") == 0))
		misuse_small(argv[1][0] == 't');
	free(q);
	return 0;
}
