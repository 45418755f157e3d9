/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file passes.h
 * @brief The passes that a measuring process makes: one over a load each, on a policy alone or on the process's malloc.
 */
#ifndef OSMEM_TOOLS_BENCH_PASSES_H
#define OSMEM_TOOLS_BENCH_PASSES_H

#include "tools/bench/clock.h"
#include "tools/bench/footprint.h"
#include "tools/bench/load.h"
#include "tools/bench/report.h"

/** @brief What a pass is about. */
struct pass {
	struct solo *solo;            /**< The policy; NULL: the process's malloc. */
	const struct load_ops *load;  /**< The operations; a needle load: NULL. */
	size_t end;                   /**< Operations to do, from the first; of a needle load: its free blocks. */
	uint64_t deadline;            /**< The clock when to stop early. */
	enum footprint_kind measured; /**< How memory is measured. */
};

/**
 * @brief How long all operations take together, with the search steps of a policy that counts them.
 * @param pass   what to do
 * @param report filled in
 */
void pass_time(const struct pass *pass, struct report *report);

/**
 * @brief How long single operations take, and how much memory the allocator holds.
 * @param pass   what to do
 * @param report filled in
 */
void pass_detail(const struct pass *pass, struct report *report);

/**
 * @brief How long an allocation takes that no free block can serve, among many; and its free.
 * @param pass   what to do
 * @param report filled in
 */
void pass_needle(const struct pass *pass, struct report *report);

/**
 * @brief Memory for the measuring process's own tables, which must not come from the allocator that is measured.
 * @param bytes how many
 * @return memory, zero and already there; or NULL
 */
void *pass_memory(size_t bytes);

/**
 * @brief The policy's count of search steps.
 * @param solo  the policy; NULL: none
 * @param steps written if it counts them
 * @return whether it does
 */
bool pass_steps(const struct solo *solo, size_t *steps);

/**
 * @brief Write to a block's first and last byte, as a program that uses it would.
 * @param p a block or NULL
 * @param n its bytes
 */
static inline void touch_ends(void *p, size_t n)
{
	volatile char *bytes = p;

	if (n > 0) {
		bytes[0] = 1;
		bytes[n - 1] = 1;
	}
}

#endif
