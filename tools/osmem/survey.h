/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file survey.h
 * @brief What a trace is made of: sizes, lifetimes, leaks, call sites, mistakes. In memory that is proportional to the
 * blocks that are live at a time, and to sizes and call sites that are different.
 */
#ifndef OSMEM_TOOLS_OSMEM_SURVEY_H
#define OSMEM_TOOLS_OSMEM_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include <osmem/trace.h>

#include "tools/bench/histogram.h"

/** @brief Powers of two that sizes are sorted by. */
#define SURVEY_CLASSES 64

/** @brief Mistakes that are kept; the rest is counted. */
#define SURVEY_MISTAKES 20

/** @brief Blocks of 2^(i-1) to 2^i - 1 bytes, for class i; class 0: of no bytes. The size is the first one. */
struct survey_class {
	uint64_t blocks;             /**< How many. */
	uint64_t bytes;              /**< Their bytes. */
	uint64_t kept;               /**< Those of them that are never freed. */
	struct histogram *lifetimes; /**< Of the others: bytes that were allocated meanwhile. NULL: there are none. */
};

/** @brief What came from one call site, or with one size. */
struct survey_group {
	uint64_t key;         /**< The site or the size. */
	uint64_t blocks;      /**< How many. */
	uint64_t bytes;       /**< Their bytes. */
	uint64_t kept_blocks; /**< Those that are never freed, ... */
	uint64_t kept_bytes;  /**< ... and their bytes. */
};

/** @brief Groups, in the order in which they were met. */
struct survey_groups {
	struct survey_group *list; /**< The groups. */
	uint32_t count;            /**< How many. */
	uint32_t room;             /**< Places in the list. */
	uint32_t *places;          /**< A hash table of places in the list plus one. */
	uint32_t places_room;      /**< Its size: 0 or a power of two. */
};

/** @brief An operation that makes no sense. */
struct survey_mistake {
	uint64_t op;                /**< Which one, from 1, strays included. */
	struct osm_trace_op what;   /**< The operation. */
	struct osm_trace_error why; /**< The place and the reason. */
	bool is_dead;               /**< The block is not live; otherwise the name that it is to get is a live block's. */
	bool is_moved;              /**< A realloc moved the block away, else it was freed: see `gone_at`. */
	uint64_t gone_at;           /**< The operation that freed or moved the block, if that was not long ago; else 0. */
};

/** @brief A size and a lifetime as an index of @ref survey.map. */
#define SURVEY_MAP 48

/** @brief The survey. */
struct survey {
	struct osm_trace_summary totals;    /**< At the end. */
	uint64_t time;                      /**< Nanoseconds that the recording took; 0: not known. */
	uint64_t kinds[OSM_TRACE_FREE + 1]; /**< Operations of each @ref osm_trace_kind. */
	uint64_t grown, shrunk;             /**< Reallocs to more, and to less. */
	uint64_t empty;                     /**< Allocations of no bytes. */
	uint64_t allocated;                 /**< Bytes of all blocks, what reallocs add included; UINT64_MAX: or more. */
	uint32_t threads;                   /**< How many threads call; 0: threads were not recorded. */
	uint64_t kept_bytes;                /**< Bytes that are never freed; blocks: totals.live_blocks. */
	struct survey_class classes[SURVEY_CLASSES + 1]; /**< By size. */
	struct survey_groups sites;                      /**< By call site; 0: not known. */
	struct survey_groups sizes;                      /**< By size. */
	struct histogram *lifetimes;                     /**< Of all blocks that are freed, in bytes allocated. */
	uint64_t map[SURVEY_MAP][SURVEY_MAP];            /**< Freed blocks by log2 of size and of lifetime. */
	uint64_t mistake_count;                          /**< Operations that make no sense. */
	struct survey_mistake mistakes[SURVEY_MISTAKES]; /**< The first of them. */
};

/**
 * @brief Read a trace to its end.
 * @param reader the trace, at its beginning
 * @param job    its name, for the line of progress
 * @return the survey, to be released; NULL: CLI_BAD_TRACE, see osm_trace_failure; no memory; or interrupted: *status tells
 * @param status filled in
 */
struct survey *survey_take(struct osm_trace_reader *reader, const char *job, int *status);

/**
 * @brief Give its memory back.
 * @param survey the survey, or NULL
 */
void survey_release(struct survey *survey);

#endif
