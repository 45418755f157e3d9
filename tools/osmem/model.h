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
	uint64_t blocks; /**< Blocks that are allocated in all. */
	uint64_t live;   /**< Blocks that live at a time; first fit's worst case: bytes. */
	uint64_t least;  /**< The smallest block, in bytes. */
	uint64_t most;   /**< The largest, in bytes. */
	uint64_t header; /**< Bytes that a layout keeps beside a block: the worst cases make blocks smaller by these. */
	uint64_t seed;   /**< Where chance begins. */
	const char *like; /**< The trace to be fitted to. */
};

/** @brief A trace that is being made. */
struct model {
	struct model_options options;
	struct osm_trace_writer *writer; /**< Where it goes. */
	uint64_t random;                 /**< The state of chance. */
	uint64_t next_id;                /**< The next block's name. */
	uint64_t ops;                    /**< Operations so far. */
	int status;                      /**< What went wrong, told on stderr; CLI_OK so far. */
};

/**
 * @brief Allocate.
 * @param model the trace
 * @param size  bytes
 * @return the block's name
 */
uint64_t model_alloc(struct model *model, uint64_t size);

/**
 * @brief Resize.
 * @param model the trace
 * @param id    the block
 * @param size  bytes
 */
void model_resize(struct model *model, uint64_t id, uint64_t size);

/**
 * @brief Free.
 * @param model the trace
 * @param id    the block
 */
void model_free(struct model *model, uint64_t id);

/**
 * @brief May the model go on?
 * @param model the trace
 * @return false: something went wrong, or Ctrl-C was pressed
 */
bool model_goes_on(struct model *model);

/**
 * @brief Note that there is no memory.
 * @param model the trace
 */
void model_out_of_memory(struct model *model);

/**
 * @brief A number by chance.
 * @param model the trace
 * @param below more than the largest; not 0
 * @return 0 to below - 1, all equally likely
 */
uint64_t model_random(struct model *model, uint64_t below);

/* ---- Each writes a whole trace. */

/** @brief Data accumulate. @param model the trace */
void model_ramp(struct model *model);
/** @brief Data are made and dropped, again and again. @param model the trace */
void model_peak(struct model *model);
/** @brief Data are made, and then replaced. @param model the trace */
void model_plateau(struct model *model);
/** @brief Blocks of all sizes are replaced until as many come as go. @param model the trace */
void model_fifty(struct model *model);
/** @brief What first fit does worst on. @param model the trace */
void model_first_fit(struct model *model);
/** @brief What best fit does worst on. @param model the trace */
void model_best_fit(struct model *model);
/** @brief As another trace. @param model the trace */
void model_fitted(struct model *model);

#endif
