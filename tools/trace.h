/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file trace.h
 * @brief A whole trace in memory, for what goes through it many times. Reading is osmem/trace.h's.
 */
#ifndef OSMEM_TOOLS_TRACE_H
#define OSMEM_TOOLS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmem/trace.h>

/** @brief One operation. */
struct trace_op {
	size_t size;         /**< Bytes of payload; of calloc the product, of free 0. */
	uint32_t slot;       /**< The block: less than the trace's `slots`, and used again once the block is freed. */
	uint8_t kind;        /**< An @ref osm_trace_kind. */
	uint8_t align_shift; /**< Of an aligned one: the alignment is two to the power of this. */
};

/**
 * @brief What a replay needs of an operation.
 * @param op the operation, read from a trace
 * @return the short one
 */
static inline struct trace_op trace_op_shorten(const struct osm_trace_op *op)
{
	return (struct trace_op){
		.size = op->size,
		.slot = op->slot,
		.kind = (uint8_t)op->kind,
		.align_shift = op->align ? (uint8_t)__builtin_ctzll(op->align) : 0,
	};
}

/** @brief A trace in memory. */
struct trace {
	struct trace_op *ops; /**< The operations. */
	size_t count;         /**< How many. */
	size_t blocks;        /**< Blocks that were ever allocated. */
	uint32_t slots;       /**< Most blocks that were live at a time. */
	size_t peak_bytes;    /**< The most payload bytes that were live at a time, as asked for. */
	size_t peak_at;       /**< Operations done when the peak was first reached. */
	size_t alloc_end;     /**< Operations done when the last one that is not a free was done. */
};

/**
 * @brief Read a trace. Cost: O(operations); beside the array, memory for the blocks that are live at a time.
 * @param trace filled in
 * @param path  a file in any form, or "-"
 * @param error filled in on failure
 * @return false on failure, and then there is nothing to release
 */
bool trace_load(struct trace *trace, const char *path, struct osm_trace_error *error);

/**
 * @brief Tell on stderr what is wrong with a trace, as FILE:LINE: REASON or FILE: byte N: REASON.
 * @param program stands before it, e.g. "osmem-bench"; NULL: nothing does
 * @param path    the file
 * @param error   what is wrong
 */
void trace_complain(const char *program, const char *path, const struct osm_trace_error *error);

/**
 * @brief Give a trace's memory back.
 * @param trace what trace_load filled in
 */
void trace_release(struct trace *trace);

/**
 * @brief A trace's name: the file's, without folder and endings such as `.rep.gz`.
 * @param name written, cut if need be
 * @param room its bytes
 * @param path the file
 */
void trace_name(char *name, size_t room, const char *path);

#endif
