/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Splitmix64 (Steele, Lea, Flood 2014): one word of state, good enough for tests, and any seed will do.
 */
#include "random.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_SEED 20240229

uint64_t seed_from_environment(void)
{
	const char *text = getenv("OSM_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : DEFAULT_SEED;

	printf("OSM_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

void rng_begin(struct rng *rng, uint64_t seed)
{
	rng->state = seed;
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

size_t rng_below(struct rng *rng, size_t n)
{
	return (size_t)(rng_next(rng) % n);
}

size_t rng_size(struct rng *rng, enum mix mix, size_t max)
{
	size_t ceiling = 8;

	switch (mix) {
	case MIX_EQUAL:
		return max;
	case MIX_UNIFORM:
		return 1 + rng_below(rng, max);
	case MIX_POWERS_OF_TWO:
		while (ceiling < max && rng_below(rng, 3) != 0)
			ceiling *= 2;
		return ceiling < max ? ceiling : max;
	case MIX_POWER_LAW:
		break;
	}
	while (ceiling < max && rng_below(rng, 2) != 0)
		ceiling *= 2;
	return 1 + rng_below(rng, ceiling < max ? ceiling : max);
}
