/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A heap over any backend there is, and the tests of a suite for every policy, layout and backend.
 *
 * The mock and the arena of a world are its own, in its own memory; all other backends are the process's.
 */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include "shadow.h"
#include "unit.h"

#define WORLD_BYTES (4u << 20)

/* What a test is run with. */
struct cell {
	const struct osm_policy *policy;
	const char *backend; /* by name */
	char name[120];
};

struct world {
	struct osm_heap *heap;
	struct osm_backend *backend;
	struct osm_mock mock;
	struct osm_arena arena;
	struct shadow shadow;
};

/* Memory for mocks and arenas, WORLD_BYTES of it, on a page boundary; there are two. */
char *world_memory(unsigned which);

/* Opens a heap or fails the test. The plan is for the mock; fresh memory is dirty without a plan. */
void world_open(struct world *world, const struct cell *cell, const struct osm_config *config,
                const struct osm_mock_plan *plan);

/* Frees what the shadow holds, audits, ends the heap; fails the test for each problem on the way. */
void world_close(struct world *world);

/* A test of a suite: run for each policy and each backend that the filters let through; NULL lets all through. */
struct suite_test {
	const char *name;
	CMUnitTestFunction test;
	const char *policy;
	const char *backend;
};

/* Runs all tests with all their cells; returns 1 if one failed, else 0. The state of a test is its cell. */
int suite_run(const char *name, const struct suite_test *tests, size_t count);

#endif
