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
	uint64_t deadline;            /**< The clock when to stop early, unless a good part was done by then. */
	uint64_t cpu_deadline;        /**< The same in processor time: a pass is not cut because others run. */
	uint64_t latest;              /**< The clock when to stop early in any case. */
	enum footprint_kind measured; /**< How memory is measured. */
};

/** @brief Where a run of operations ended: at its end, when its time was over, or at the operation that failed. */
struct stop {
	size_t at;   /**< Operations done. */
	bool failed; /**< True: the next one failed. */
};

/** @brief Operations between two looks at the clock, whose cost then is not seen. */
#define PASS_LOOK_EVERY 128

/**
 * @brief How long all operations take together, in a first run and in warm ones, with the page faults of the latter and
 * the search steps of a policy that counts them.
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
 * @brief Did a run of operations fail?
 * @param pass what was to be done
 * @param stop where it ended
 * @return true if memory ran out, or if the policy reported damage, which no load expects
 */
bool pass_failed(const struct pass *pass, struct stop stop);

/**
 * @brief Enter in the report that and why a run failed, if it did.
 * @param pass   what was to be done
 * @param stop   where it ended
 * @param report the report
 */
void pass_tell_failure(const struct pass *pass, struct stop stop, struct report *report);

/**
 * @brief Is a pass's time over? One that has done an eighth at its deadline is nearly through, and may go on.
 * @param pass the pass
 * @param done operations done
 * @return whether to stop
 */
static inline bool pass_is_over(const struct pass *pass, size_t done)
{
	uint64_t now = clock_ns();

	if (now < pass->deadline)
		return false;
	return now >= pass->latest || (done < pass->end / 8 && clock_cpu_ns() >= pass->cpu_deadline);
}

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
