/* SPDX-License-Identifier: BSD-3-Clause */
/* A heap to replay on: see stage.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/lab/stage.h"

/* Larger than the worst policy's heap, but not by far: a mock clears the metadata for all of it. */
#define ARENA_TIMES_PEAK 8
#define ARENA_BYTES_MIN ((size_t)4 << 20)

/* The backend, with memory below it if it has none of its own. */
static struct osm_backend *backend_begin(struct stage *stage, const char *name, size_t peak_bytes)
{
	bool is_mock = strcmp(name, "mock") == 0;

	if (!is_mock && strcmp(name, "arena") != 0)
		return osm_backend_find(name);
	if (peak_bytes > (PTRDIFF_MAX - ARENA_BYTES_MIN) / ARENA_TIMES_PEAK)
		return NULL;
	stage->memory_bytes = ARENA_BYTES_MIN + ARENA_TIMES_PEAK * peak_bytes;
	stage->memory =
		mmap(NULL, stage->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stage->memory == MAP_FAILED) {
		stage->memory = NULL;
		return NULL;
	}
	if (is_mock)
		osm_mock_init(&stage->mock, stage->memory, stage->memory_bytes);
	else
		osm_arena_init(&stage->arena, stage->memory, stage->memory_bytes);
	return is_mock ? &stage->mock.backend : &stage->arena.backend;
}

const char *stage_open(struct stage *stage, const struct setup *setup, size_t peak_bytes)
{
	const struct osm_policy *policy = setup->policy;
	const struct osm_config config = {.granule = setup->granule, .map_threshold = setup->map_threshold};

	if (setup->granule && (setup->granule < policy->granule_min || setup->granule > policy->granule_max))
		return "the policy does not have this granule";
	memset(stage, 0, sizeof *stage);
	struct osm_backend *backend = backend_begin(stage, setup->backend, peak_bytes);
	errno = backend ? 0 : ENOMEM;
	stage->heap = backend ? osm_heap_create(policy, backend, &config) : NULL;
	if (stage->heap)
		return NULL;
	stage_close(stage);
	return errno == EINVAL ? "the granule is no power of two" : "no memory for the heap";
}

void stage_close(struct stage *stage)
{
	int kept = errno;

	osm_heap_destroy(stage->heap);
	if (stage->memory)
		munmap(stage->memory, stage->memory_bytes);
	stage->heap = NULL;
	stage->memory = NULL;
	errno = kept;
}
