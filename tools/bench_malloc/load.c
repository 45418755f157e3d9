/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that does nothing but allocate, and one that measures others:
 *
 *     load NAME TIMES
 *     load --list
 *     load --measure FILE LIBRARY COMMAND...
 */
#include "tools/bench_malloc/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench_malloc/measure.h"

size_t load_power_size(uint64_t *seed, size_t least, size_t most)
{
	uint64_t r = load_next(seed);
	size_t top = least;

	for (uint64_t coin = r >> 40; coin & 1 && top * 2 <= most; coin >>= 1)
		top *= 2;
	return top + (size_t)(r & 0xffffff) % top;
}

void *load_block(size_t n)
{
	char *p = malloc(n);

	if (!p) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	p[0] = p[n - 1] = 1;
	return p;
}

static const struct load *find(const struct load *loads, const char *name)
{
	for (; loads->name; loads++)
		if (strcmp(loads->name, name) == 0)
			return loads;
	return NULL;
}

static void list(const struct load *loads)
{
	for (; loads->name; loads++)
		puts(loads->name);
}

int main(int argc, char **argv)
{
	const struct load *load;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list(single_loads);
		list(thread_loads);
		return 0;
	}
	if (argc > 4 && strcmp(argv[1], "--measure") == 0)
		return measure(argv[2], argv[3], argv + 4);
	load = argc == 3 ? find(single_loads, argv[1]) : NULL;
	if (!load && argc == 3)
		load = find(thread_loads, argv[1]);
	if (!load) {
		fprintf(stderr, "Usage: %s NAME TIMES | --list | --measure FILE LIBRARY COMMAND...\n", argv[0]);
		return 2;
	}
	load->run((unsigned)atoi(argv[2]));
	return 0;
}
