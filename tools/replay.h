/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file replay.h
 * @brief A recorded trace, done again on a heap: once with every payload checked, or as fast as it goes for its time.
 *
 * Both leave on the heap what the trace never frees; osm_heap_destroy gives it back.
 */
#ifndef OSMEM_TOOLS_REPLAY_H
#define OSMEM_TOOLS_REPLAY_H

#include <signal.h>

#include <osmem/heap.h>

#include "tools/trace.h"

/** @brief How a replay ended. */
enum replay_end {
	REPLAY_DONE,    /**< All of the trace was done, and well. */
	REPLAY_STOPPED, /**< It was told to stop. */
	REPLAY_FAILED   /**< The heap did something wrong, or memory ran out. */
};

/** @brief Why a replay failed. */
struct replay_failure {
	size_t op;          /**< The operation that failed or found it, from 1; after the last one: count + 1. */
	const char *reason; /**< What, without full stop; static text. */
};

/** @brief A block as a checked replay knows it. All zero: none. */
struct replay_block {
	char *payload; /**< Its bytes. */
	size_t size;   /**< How many were asked for. */
	size_t birth;  /**< The operation that allocated it: no two blocks of a trace have the same. */
};

/**
 * @brief Do one operation with checks: the block's bytes are compared before it is resized or freed, and it is filled
 * with bytes of its own.
 * @param heap  the heap
 * @param op    the operation
 * @param at    its number: no other operation of the replay has the same
 * @param block the block of its slot; follows what is done
 * @return NULL; or what is wrong, static text without full stop
 */
const char *replay_check_op(struct osm_heap *heap, const struct trace_op *op, size_t at, struct replay_block *block);

/**
 * @brief Compare all that is live, and let osm_heap_check judge.
 * @param heap   the heap
 * @param blocks the blocks of all slots
 * @param slots  how many
 * @return NULL; or what is wrong, text without full stop
 */
const char *replay_check_end(struct osm_heap *heap, const struct replay_block *blocks, size_t slots);

/**
 * @brief Do operations as fast as it goes; payloads are not touched.
 * @param heap     the heap
 * @param ops      the operations
 * @param count    how many
 * @param payloads the block of each slot; follows what is done
 * @param stop     non-zero from some moment on: stop
 * @return operations done; less than `count`: the heap refused the next one, or `stop` was set
 */
size_t replay_ops(struct osm_heap *heap, const struct trace_op *ops, size_t count, void **payloads,
                  const volatile sig_atomic_t *stop);

/**
 * @brief The same loop over calls that do nothing: what replay_ops costs beside the allocator.
 * @param ops      the operations
 * @param count    how many
 * @param payloads as many as there are slots; what they hold afterwards means nothing
 * @param stop     non-zero from some moment on: stop
 */
void replay_nothing(const struct trace_op *ops, size_t count, void **payloads, const volatile sig_atomic_t *stop);

/**
 * @brief Told after each operation of a checked replay; returns false to stop it.
 * @param context what the replay was given
 * @param heap    the heap
 * @param done    operations done
 */
typedef bool replay_step(void *context, struct osm_heap *heap, size_t done);

/**
 * @brief Replay with checks: each payload is filled with bytes of its own, which are compared before the block is
 * resized or freed and at the end of the trace. Then osm_heap_check has to agree.
 * @param heap    a heap without blocks
 * @param trace   the trace
 * @param step    told after each operation; or NULL
 * @param context handed to `step`
 * @param failure filled in if REPLAY_FAILED is returned
 * @return how it ended
 */
enum replay_end replay_check(struct osm_heap *heap, const struct trace *trace, replay_step *step, void *context,
                             struct replay_failure *failure);

/**
 * @brief Replay for time: payloads are not touched.
 * @param heap    a heap without blocks
 * @param trace   the trace
 * @param stop    non-zero from some moment on: stop
 * @param ns      processor time that the process took, in nanoseconds, with the replay's own loop
 * @param failure filled in if REPLAY_FAILED is returned
 * @return how it ended
 */
enum replay_end replay_time(struct osm_heap *heap, const struct trace *trace, const volatile sig_atomic_t *stop,
                            double *ns, struct replay_failure *failure);

#endif
