/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file stage.h
 * @brief A heap to replay on, as a person chose it, and the memory below it.
 */
#ifndef OSMEM_TOOLS_LAB_STAGE_H
#define OSMEM_TOOLS_LAB_STAGE_H

#include <osmem/heap.h>
#include <osmem/mock.h>

/** @brief What was chosen. */
struct setup {
	const struct osm_policy *policy; /**< The policy, in its layout. */
	const char *backend;             /**< The backend's name; arena and mock get memory for the trace. */
	size_t granule;                  /**< Alignment of payloads, in bytes; 0: what the heap takes by itself. */
	size_t map_threshold; /**< From so many bytes on a block is mapped; 0: the heap's own, SIZE_MAX: never. */
};

/** @brief A heap and what it stands on. */
struct stage {
	struct osm_heap *heap;  /**< The heap. */
	struct osm_mock mock;   /**< The mock, if that is the backend. */
	struct osm_arena arena; /**< The arena, if that is. */
	void *memory;           /**< Memory of either; NULL: the backend has its own. */
	size_t memory_bytes;    /**< How much. */
};

/**
 * @brief Make a heap.
 * @param stage      filled in
 * @param setup      how
 * @param peak_bytes the most payload that will be live: arena and mock get a multiple of it
 * @return NULL; or why it could not be made, static text, and then there is nothing to close
 */
const char *stage_open(struct stage *stage, const struct setup *setup, size_t peak_bytes);

/**
 * @brief End the heap, with all that is live in it.
 * @param stage what stage_open filled in
 */
void stage_close(struct stage *stage);

#endif
