/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file peer.h
 * @brief A trace replayed on another malloc, preloaded into a process of its own, that gets the operations through a
 * socket: nothing that reading a trace allocates is measured.
 *
 * What goes there are frames, struct peer_frame; the operations that one announces follow it. At the end one struct
 * peer_report comes back.
 */
#ifndef OSMEM_TOOLS_LAB_PEER_H
#define OSMEM_TOOLS_LAB_PEER_H

#include "tools/bench/subject.h"
#include "tools/lab/pace.h"

/** @brief The first argument of the process that measures. */
#define PEER_OPTION "--measure-malloc"

/** @brief What is measured. */
enum peer_pass {
	PEER_PROBE,  /**< Nothing: where does malloc come from? */
	PEER_MEMORY, /**< How much memory it holds; all pages of a block are written to. */
	PEER_TIME,   /**< How long batches take. */
	PEER_SINGLE  /**< How long single operations take. */
};

/** @brief What comes next. */
enum peer_frame_kind {
	PEER_OPS,  /**< Operations. */
	PEER_LOOK, /**< Look how much memory there is. */
	PEER_ROUND /**< The replay is at its end: note its time, free what is live. */
};

/** @brief What stands before what comes. */
struct peer_frame {
	uint32_t kind;  /**< A @ref peer_frame_kind. */
	uint32_t count; /**< Operations that follow, at most TAPE_BATCH. */
};

/** @brief What the process found. */
struct peer_report {
	char failure[64];               /**< Why it ended early, or "". */
	char library[64];               /**< Where malloc comes from. */
	uint64_t ops;                   /**< Operations of the last replay. */
	size_t held[SAMPLES_MAX];       /**< At each look: bytes. */
	size_t looks;                   /**< How many. */
	double ns[1 + PACE_ROUNDS_MAX]; /**< Of each replay: nanoseconds an operation. */
	size_t rounds;                  /**< How many. */
	struct times single;            /**< Quantiles of single operations. */
};

/**
 * @brief Is a peer installed, and does its library take malloc's place?
 * @param peer the peer
 * @return whether it can be measured
 */
bool peer_is_there(const struct subject *peer);

/**
 * @brief Measure a peer.
 * @param job     the trace; the setup is not looked at
 * @param peer    the peer
 * @param outcome filled in, as far as one can see from outside
 * @return false if it was told to stop
 */
bool peer_run(const struct job *job, const struct subject *peer, struct outcome *outcome);

/**
 * @brief What the measuring process does.
 * @param argc how many arguments
 * @param argv as main's
 * @return the exit status
 */
int peer_main(int argc, char *argv[]);

#endif
