/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the exercises begin with: a heap of some policy over the mock.
 */
#ifndef DOCS_EXERCISES_EXERCISE_H
#define DOCS_EXERCISES_EXERCISE_H

#undef NDEBUG
#include <assert.h>
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static _Alignas(65536) char exercise_memory[1 << 20];
static struct osm_mock exercise_mock;

/* A heap that buys `bytes` at once with its first block, or what is missing each time (0); nothing is mapped. */
static inline struct osm_heap *exercise_heap(const char *policy, const char *layout, size_t bytes)
{
	struct osm_config config = {.preallocate = bytes, .map_threshold = SIZE_MAX, .trim_threshold = SIZE_MAX};
	struct osm_heap *heap;

	osm_mock_init(&exercise_mock, exercise_memory, sizeof exercise_memory);
	heap = osm_heap_create(osm_policy_find(policy, layout), &exercise_mock.backend, &config);
	assert(heap);
	return heap;
}

/* From here on there is no more memory to buy. */
static inline void exercise_no_more(void)
{
	static const struct osm_mock_plan refuse = {.fail_from = 1};

	osm_mock_plan(&exercise_mock, &refuse);
}

#endif
