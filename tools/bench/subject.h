/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file subject.h
 * @brief What is measured: the project's policies, and the allocators that others made.
 */
#ifndef OSMEM_TOOLS_BENCH_SUBJECT_H
#define OSMEM_TOOLS_BENCH_SUBJECT_H

#include "tools/bench/footprint.h"

/** @brief The peer that all others are compared with. */
#define SUBJECT_REFERENCE "glibc"

/** @brief One allocator. */
struct subject {
	const char *name;                /**< What tables and options call it. */
	const char *layout;              /**< The policy's layout; NULL for a peer. */
	const struct osm_policy *policy; /**< The policy; NULL for a peer. */
	const char *preload;             /**< The library that brings a peer's malloc; NULL: it is the C library's. */
	const char *variable;            /**< The environment variable that a peer is set by, or NULL. */
	const char *setting;             /**< Its value, or NULL. */
	const char *time_setting;        /**< Its value in pass_time, where a peer must keep its memory between runs. */
	enum footprint_kind measured;    /**< How its memory is measured. */
};

/** @brief The peers; the last one's name is NULL. */
extern const struct subject subject_peers[];

/**
 * @brief A policy as a subject.
 * @param policy the policy
 * @return the subject
 */
struct subject subject_of(const struct osm_policy *policy);

#endif
