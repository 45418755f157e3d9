/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file model.h
 * @brief Models of programs, for `osmem generate`: each writes operations, and nothing but a seed decides by chance.
 */
#ifndef OSMEM_TOOLS_OSMEM_MODEL_H
#define OSMEM_TOOLS_OSMEM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <osmem/trace.h>

/** @brief What a person asks for. 0: the model's own default. */
struct model_options {
	uint64_t blocks;  /**< Blocks that are allocated in all. */
	uint64_t live;    /**< Blocks that live at a time; the worst cases: bytes. */
	uint64_t least;   /**< The smallest block, in bytes. */
	uint64_t most;    /**< The largest, in bytes. */
	uint64_t header;  /**< Bytes that a layout keeps beside a block: the worst cases make blocks smaller by these. */
	uint64_t seed;    /**< Where chance begins. */
	const char *like; /**< The trace to be fitted to. */
};

/** @brief A trace that is being made. */
struct synth {
	struct model_options options;
	struct osm_trace_writer *writer; /**< Where it goes. */
	uint64_t random;                 /**< The state of chance. */
	uint64_t next_id;                /**< The next block's name. */
	uint64_t ops;                    /**< Operations so far. */
	int status;                      /**< What went wrong, told on stderr; CLI_OK so far. */
};

/**
 * @brief Allocate.
 * @param synth the trace
 * @param size  bytes
 * @return the block's name
 */
uint64_t synth_alloc(struct synth *synth, uint64_t size);

/**
 * @brief Resize.
 * @param synth the trace
 * @param id    the block
 * @param size  bytes
 */
void synth_resize(struct synth *synth, uint64_t id, uint64_t size);

/**
 * @brief Free.
 * @param synth the trace
 * @param id    the block
 */
void synth_free(struct synth *synth, uint64_t id);

/**
 * @brief May the model go on?
 * @param synth the trace
 * @return false: something went wrong, or Ctrl-C was pressed
 */
bool synth_goes_on(struct synth *synth);

/**
 * @brief Note that there is no memory.
 * @param synth the trace
 */
void synth_out_of_memory(struct synth *synth);

/**
 * @brief A number by chance.
 * @param synth the trace
 * @param below more than the largest; not 0
 * @return 0 to below - 1, all equally likely
 */
uint64_t synth_random(struct synth *synth, uint64_t below);

/* ---- Each writes a whole trace. */

/** @brief Data accumulate. @param synth the trace */
void model_ramp(struct synth *synth);
/** @brief Data are made and dropped, again and again. @param synth the trace */
void model_peak(struct synth *synth);
/** @brief Data are made, and then replaced. @param synth the trace */
void model_plateau(struct synth *synth);
/** @brief Blocks of all sizes are replaced until as many come as go. @param synth the trace */
void model_fifty(struct synth *synth);
/** @brief What first fit does worst on. @param synth the trace */
void model_first_fit(struct synth *synth);
/** @brief What best fit does worst on. @param synth the trace */
void model_best_fit(struct synth *synth);
/** @brief As another trace. @param synth the trace */
void model_fitted(struct synth *synth);

#endif
