/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The four classic calls over one heap that is initialised statically.
 *
 * The source of the chosen policy is included here, so that its slots are constants to the compiler and every call to
 * it is a direct one. The build names policy, layout, backend and profile for this file alone.
 */
#define OSM_DEFINE_POLICY(name) static const struct osm_policy default_policy
#include OSM_DEFAULT_POLICY_FILE

#include <osmem/mock.h>
#include <osmem/osmem.h>

#include "framework/heap_core.h"
#include OSM_PROFILE_FILE

#define BACKEND(name, type) extern struct type osm_##name;
#include "backends/backends.def"

static _Alignas(64) unsigned char default_state[OSM_STATE_MAX];

static struct osm_heap default_heap = {
	.lock = OSM_LOCK_INITIAL,
	.policy = &default_policy,
	.backend = (struct osm_backend *)&OSM_DEFAULT_BACKEND,
	.config = OSM_PROFILE_CONFIG,
	.state = default_state,
};

struct osm_heap *osm_default_heap(void)
{
	return &default_heap;
}

void *os_malloc(size_t n)
{
	return core_alloc(&default_heap, &default_policy, (struct core_call){"os_malloc", true}, 1, n);
}

void *os_calloc(size_t count, size_t n)
{
	return core_calloc(&default_heap, &default_policy, (struct core_call){"os_calloc", true}, count, n);
}

void *os_realloc(void *p, size_t n)
{
	struct core_call call = {"os_realloc", n != 0};

	return core_realloc(&default_heap, &default_policy, call, p, n);
}

void os_free(void *p)
{
	core_free(&default_heap, &default_policy, (struct core_call){"os_free", false}, p);
}
