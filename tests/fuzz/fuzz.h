/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A harness is one function that takes any bytes. libFuzzer calls it with bytes that it makes up as it learns which ones
 * reach new code; replay.c calls it with files, or with bytes made up blindly. What is wrong ends the process by abort().
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The bytes that are left. Behind the end there are zeros. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

/* A size: small ones are likely, and those at the edge of a power of two; at most about 2^19. */
static inline size_t fuzz_size(struct fuzz_input *input)
{
	uint8_t kind = fuzz_byte(input), more = fuzz_byte(input);

	if (kind < 160)
		return (size_t)1 + (kind & 15) * 16 + (more & 15);
	return ((size_t)1 << (kind & 15)) * (1 + (more & 15)) + (more >> 4);
}

#endif
