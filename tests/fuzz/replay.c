/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a harness without a fuzzer:
 *
 *     HARNESS FILE...             on the bytes of files
 *     HARNESS --random N SEED     on N inputs that are made up
 *
 * Exit status 2: wrong command line, or a file cannot be read.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1 << 16, RANDOM_MAX = 600 };

static uint8_t input[INPUT_MAX];

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file) {
		perror(path);
		return 2;
	}
	n = fread(input, 1, sizeof input, file);
	fclose(file);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(input, n);
	return 0;
}

static void make_up(unsigned long count, uint64_t seed)
{
	for (unsigned long i = 0; i < count; i++) {
		size_t n;

		for (n = 0; n < RANDOM_MAX; n++) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			input[n] = (uint8_t)(seed >> 56);
			if (n > 8 && input[n] == 0 && (seed >> 48 & 15) == 0)
				break;
		}
		LLVMFuzzerTestOneInput(input, n);
	}
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc == 4 && strcmp(argv[1], "--random") == 0) {
		make_up(strtoul(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
		return 0;
	}
	if (argc < 2) {
		fputs("usage: HARNESS FILE... | HARNESS --random N SEED\n", stderr);
		return 2;
	}
	for (int i = 1; i < argc && status == 0; i++)
		status = replay(argv[i]);
	return status;
}
