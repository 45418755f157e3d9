/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file footprint.h
 * @brief How much memory an allocator holds for the program, looked at now and then; the most of it is kept.
 */
#ifndef OSMEM_TOOLS_BENCH_FOOTPRINT_H
#define OSMEM_TOOLS_BENCH_FOOTPRINT_H

#include "tools/bench/solo.h"

/** @brief How it is measured. */
enum footprint_kind {
	FOOTPRINT_REGIONS,   /**< A policy: its regions and metadata, noted at each growth. */
	FOOTPRINT_MALLINFO,  /**< glibc: what mallinfo2 calls arena and hblkhd. */
	FOOTPRINT_ANONYMOUS, /**< Others: what the process's anonymous memory grew by. */
	FOOTPRINT_KINDS      /**< How many kinds. */
};

/** @brief What each kind is, for people. */
extern const char *const footprint_kinds[FOOTPRINT_KINDS];

/** @brief The measurement. */
struct footprint {
	enum footprint_kind kind; /**< How it is measured. */
	struct solo *solo;        /**< The policy; NULL for the process's malloc. */
	size_t before;            /**< Bytes that were there before. */
	size_t held;              /**< The bytes beyond those when it was last looked. */
	size_t peak;              /**< The most of them. */
};

/**
 * @brief Begin: what the process holds now does not count.
 * @param footprint filled in
 * @param kind      how to measure
 * @param solo      the policy; NULL for the process's malloc
 */
void footprint_begin(struct footprint *footprint, enum footprint_kind kind, struct solo *solo);

/**
 * @brief Look.
 * @param footprint the measurement
 */
void footprint_look(struct footprint *footprint);

#endif
