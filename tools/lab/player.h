/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file player.h
 * @brief A trace replayed up to chosen moments, at which the heap can be looked at.
 */
#ifndef OSMEM_TOOLS_LAB_PLAYER_H
#define OSMEM_TOOLS_LAB_PLAYER_H

#include <signal.h>

#include "tools/lab/stage.h"
#include "tools/lab/tape.h"

/** @brief A replay that stands at some operation. */
struct player {
	const struct tape_totals *totals;  /**< The trace. */
	struct stage stage;                /**< The heap. */
	void **payloads;                   /**< The block of each slot. */
	struct tape *tape;                 /**< Where operations come from. */
	const struct trace_op *ops;        /**< The present batch. */
	size_t count;                      /**< Its operations, ... */
	size_t next;                       /**< ... and the next of them. */
	uint64_t done;                     /**< Operations done. */
	const volatile sig_atomic_t *stop; /**< Non-zero from some moment on: stop. */
};

/**
 * @brief Begin before the first operation.
 * @param player filled in
 * @param totals the trace
 * @param setup  the heap
 * @param stop   non-zero from some moment on: stop
 * @return false if that failed: a message on stderr tells why, and there is nothing to close
 */
bool player_open(struct player *player, const struct tape_totals *totals, const struct setup *setup,
                 const volatile sig_atomic_t *stop);

/**
 * @brief Go on until so many operations are done.
 * @param player the replay
 * @param op     operations, no fewer than are done
 * @return false if it was stopped, or failed: a message on stderr tells why
 */
bool player_go(struct player *player, uint64_t op);

/**
 * @brief End.
 * @param player what player_open filled in
 */
void player_close(struct player *player);

#endif
