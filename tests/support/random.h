/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random numbers that are the same on every machine, and request sizes as programs ask for them.
 */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

/* How request sizes are spread. */
enum mix {
	MIX_POWER_LAW, /* each doubling half as frequent: what most programs do */
	MIX_EQUAL,     /* a single size: ties everywhere */
	MIX_POWERS_OF_TWO,
	MIX_UNIFORM
};

/* The number in the environment's OSM_SEED, or a constant. Printed, so that a failure can be repeated. */
uint64_t seed_from_environment(void);

void rng_begin(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);

/* 0 to n - 1; n is not 0. */
size_t rng_below(struct rng *rng, size_t n);

/* 1 to max. */
size_t rng_size(struct rng *rng, enum mix mix, size_t max);

#endif
