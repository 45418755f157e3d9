/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Worlds and suites: see world.h.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE_TESTS 4096

char *world_memory(unsigned which)
{
	static _Alignas(4096) char memory[2][WORLD_BYTES];

	return memory[which];
}

static struct osm_backend *own_mock(struct world *world, const struct osm_mock_plan *plan)
{
	static const struct osm_mock_plan dirty = {.dirt = 0xdb};

	osm_mock_init(&world->mock, world_memory(0), WORLD_BYTES);
	osm_mock_plan(&world->mock, plan ? plan : &dirty);
	return &world->mock.backend;
}

static struct osm_backend *own_arena(struct world *world)
{
	osm_arena_init(&world->arena, world_memory(0), WORLD_BYTES);
	return &world->arena.backend;
}

void world_open(struct world *world, const struct cell *cell, const struct osm_config *config,
                const struct osm_mock_plan *plan)
{
	memset(world, 0, sizeof *world);
	if (strcmp(cell->backend, "mock") == 0)
		world->backend = own_mock(world, plan);
	else if (strcmp(cell->backend, "arena") == 0)
		world->backend = own_arena(world);
	else
		world->backend = osm_backend_find(cell->backend);
	assert_non_null(world->backend);
	world->heap = osm_heap_create(cell->policy, world->backend, config);
	assert_non_null(world->heap);
	shadow_begin(&world->shadow, world->heap, config ? config->granule : 0);
}

void world_close(struct world *world)
{
	bool mock = world->backend == &world->mock.backend;

	shadow_assert(&world->shadow);
	shadow_audit(&world->shadow);
	shadow_free_all(&world->shadow);
	shadow_audit(&world->shadow);
	shadow_assert(&world->shadow);
	osm_heap_destroy(world->heap);
	if (mock)
		assert_int_equal(world->mock.mapped_bytes, 0);
}

static bool passes(const char *filter, const char *name)
{
	return !filter || strcmp(filter, name) == 0;
}

int suite_run(const char *name, const struct suite_test *tests, size_t count)
{
	struct CMUnitTest *all = calloc(SUITE_TESTS, sizeof *all);
	struct cell *cells = calloc(SUITE_TESTS, sizeof *cells);
	size_t n = 0;
	int failed;

	for (size_t i = 0; i < count; i++) {
		for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
			for (struct osm_backend *const *b = osm_backends(); *b; b++) {
				if (!passes(tests[i].policy, (*p)->name) || !passes(tests[i].backend, (*b)->name))
					continue;
				if (n == SUITE_TESTS)
					abort();
				cells[n].policy = *p;
				cells[n].backend = (*b)->name;
				snprintf(cells[n].name, sizeof cells[n].name, "%s: %s%s%s on %s", tests[i].name, (*p)->name,
				         (*p)->layout ? "/" : "", (*p)->layout ? (*p)->layout : "", (*b)->name);
				all[n].name = cells[n].name;
				all[n].test_func = tests[i].test;
				all[n].initial_state = cells + n;
				n++;
			}
		}
	}
	failed = _cmocka_run_group_tests(name, all, n, NULL, NULL);
	free(all);
	free(cells);
	return failed != 0;
}
