/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file trace.h
 * @brief Recorded allocation traces: a text format, plain or gzip, read into an array of operations.
 *
 *     a ID SIZE           malloc; a SIZE of 0 gives a block without bytes
 *     c ID COUNT SIZE     calloc
 *     m ID ALIGN SIZE     aligned allocation
 *     r ID SIZE           realloc of a live block
 *     f ID                free
 *     # text              a comment, also behind an operation
 *
 * An ID is any unsigned 64-bit number; it names a block from its allocation to its free, and may name another one later.
 * As in the .rep files of the CMU malloc lab, up to four numbers may stand before the first operation. Their meaning
 * differs from recorder to recorder, so they are read over.
 */
#ifndef OSMEM_TOOLS_TRACE_H
#define OSMEM_TOOLS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @brief What an operation does. */
enum trace_kind {
	TRACE_ALLOC,   /**< `a` */
	TRACE_CALLOC,  /**< `c` */
	TRACE_ALIGNED, /**< `m` */
	TRACE_REALLOC, /**< `r` */
	TRACE_FREE     /**< `f` */
};

/** @brief One operation. */
struct trace_op {
	size_t size;         /**< Bytes of payload; of `c` the product, of `f` 0. */
	uint32_t slot;       /**< The block: less than the trace's `slots`, and used again once the block is freed. */
	uint8_t kind;        /**< An @ref trace_kind. */
	uint8_t align_shift; /**< Of `m`: the alignment is two to the power of this. */
};

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

/** @brief What is wrong with a trace. */
struct trace_error {
	size_t line;      /**< Where, from 1; 0: the file as a whole. */
	char reason[120]; /**< What, without full stop. */
};

/**
 * @brief Read a trace. Cost: O(operations); beside the array, memory for the blocks that are live at a time.
 * @param trace filled in
 * @param path  a file, plain or gzip
 * @param error filled in on failure
 * @return false on failure, and then there is nothing to release
 */
bool trace_load(struct trace *trace, const char *path, struct trace_error *error);

/**
 * @brief Give a trace's memory back.
 * @param trace what trace_load filled in
 */
void trace_release(struct trace *trace);

#endif
