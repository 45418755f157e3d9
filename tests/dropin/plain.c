/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that asks for memory a few times, and misuses it when told to: plain [double | foreign].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	free(q);
	return 0;
}
