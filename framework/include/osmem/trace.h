/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file trace.h
 * @brief Allocation traces: reading, writing, recording a heap and replaying into one, as streams.
 *
 * Memory is proportional to the blocks that are live at a time, never to the operations: a trace may be longer than
 * memory. The formats are on the page @ref trace_format. This part is a library of its own, libosmem-trace, which needs
 * an operating system, zlib and libzstd; nothing of libosmem needs it.
 *
 * Locking: a reader is used by one thread at a time, and so is a writer, but for the calls that record a heap.
 */
#ifndef OSMEM_TRACE_H
#define OSMEM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct osm_heap;

/** @brief What an operation does. */
enum osm_trace_kind {
	OSM_TRACE_ALLOC,   /**< malloc; a size of 0 gives a block without bytes. */
	OSM_TRACE_CALLOC,  /**< calloc. */
	OSM_TRACE_ALIGNED, /**< An allocation with an alignment. */
	OSM_TRACE_REALLOC, /**< realloc of a live block. */
	OSM_TRACE_FREE     /**< free of a live block. */
};

/** @brief One operation. What a trace does not tell is 0. */
struct osm_trace_op {
	uint64_t id;       /**< Names the block while it lives; may name another one later. */
	uint64_t id_after; /**< Of realloc: the block's name from here on, often the same; otherwise equal to `id`. */
	size_t size;       /**< Bytes of payload; of calloc the product; of free 0. */
	size_t count;      /**< Of calloc: elements. */
	size_t each;       /**< Of calloc: bytes of an element. */
	size_t align;      /**< Of an aligned allocation: a power of two. */
	uint64_t time;     /**< Nanoseconds since the recording began, at the last mark before this operation. */
	uint32_t thread;   /**< Which thread called, from 1. */
	uint32_t site;     /**< Where it was called from, from 1: see @ref osm_trace_site. */
	uint32_t slot;     /**< Set by the reader: a number less than the most blocks that are live at a time. The block
	                               has it while it lives; then the next block gets it. A writer does not look at it. */
	enum osm_trace_kind kind; /**< What it does. */
};

/** @brief Why a trace could not be read or written. */
struct osm_trace_error {
	uint64_t line;    /**< Where in a text, from 1; 0: not in a line. */
	uint64_t byte;    /**< Where in a binary trace, as it is without compression: the offset behind what was read last;
	                       0: not there. */
	char reason[128]; /**< What is wrong, without full stop. */
};

/** @brief How far a reader has come, and what was in it so far. */
struct osm_trace_summary {
	uint64_t ops;         /**< Operations. */
	uint64_t blocks;      /**< Blocks that were allocated. */
	uint64_t live_blocks; /**< Blocks that are live now. */
	uint64_t live_bytes;  /**< Their payload, as asked for. */
	uint64_t peak_bytes;  /**< The most that `live_bytes` ever was. */
	uint64_t peak_at;     /**< Operations done when it first was. */
	uint64_t alloc_end;   /**< Operations done when the last one that is no free was done. */
	uint32_t slots;       /**< The most blocks that were live at a time. */
	uint32_t threads;     /**< The highest number of a thread; 0: threads were not recorded. */
	uint32_t sites;       /**< Call sites; 0: they were not recorded. */
};

/* ---- Reading */

/** @brief A trace that is being read. */
struct osm_trace_reader;

/** @brief What @ref osm_trace_next found. */
enum osm_trace_next {
	OSM_TRACE_OP,   /**< An operation. */
	OSM_TRACE_END,  /**< The end of the trace. */
	OSM_TRACE_BAD,  /**< Something that makes no sense: see @ref osm_trace_failure. */
	OSM_TRACE_STRAY /**< An operation on a block that is not live, or an allocation of one that is: only after
	                     @ref osm_trace_tolerate. It does not count and has no slot: UINT32_MAX, but for a realloc of a live block
	                     to a name that is live. @ref osm_trace_failure tells more. */
};

/**
 * @brief Open a trace; what it is, text or binary, plain, gzip or zstd, shows in its first bytes. Cost: O(1).
 * @param path  a file or a pipe; "-": standard input
 * @param error filled in on failure
 * @return the reader, to be closed; or NULL: no such file, no memory, or no trace
 *
 * @snippet reference_trace.c osm_trace_open
 */
struct osm_trace_reader *osm_trace_open(const char *path, struct osm_trace_error *error);

/**
 * @brief Read the next operation. Cost: O(1) on average.
 *
 * An operation on a block that is not live, an allocation of one that is, sizes that make no sense: each is found here.
 * @param reader the trace
 * @param op     filled in
 * @return what was found; after OSM_TRACE_END and OSM_TRACE_BAD the same again
 *
 * @snippet reference_trace.c osm_trace_next
 */
enum osm_trace_next osm_trace_next(struct osm_trace_reader *reader, struct osm_trace_op *op);

/**
 * @brief From here on strays do not end the reading: @ref osm_trace_next hands them out as OSM_TRACE_STRAY. For who looks
 * for mistakes of the program that was recorded.
 * @param reader the trace
 *
 * @snippet reference_trace.c osm_trace_tolerate
 */
void osm_trace_tolerate(struct osm_trace_reader *reader);

/**
 * @brief Why reading ended.
 * @param reader the trace
 * @return the place and the reason, valid until the reader is closed; without meaning while nothing is wrong
 *
 * @snippet reference_trace.c osm_trace_failure
 */
const struct osm_trace_error *osm_trace_failure(const struct osm_trace_reader *reader);

/**
 * @brief What was read so far.
 * @param reader the trace
 * @return the totals, kept up to date until the reader is closed
 *
 * @snippet reference_trace.c osm_trace_totals
 */
const struct osm_trace_summary *osm_trace_totals(const struct osm_trace_reader *reader);

/**
 * @brief What a call site is.
 * @param reader the trace
 * @param site   a site, from 1
 * @return its frames, innermost first, parted by `;`, each as MODULE+0xOFFSET or a name; valid until the reader is
 *         closed. NULL if the trace has not named it so far
 *
 * @snippet reference_trace.c osm_trace_site
 */
const char *osm_trace_site(const struct osm_trace_reader *reader, uint32_t site);

/**
 * @brief How far reading has come.
 * @param reader the trace
 * @return the part of the file that has been read, from 0 to 1; less than 0 if it is not known, as of a pipe
 *
 * @snippet reference_trace.c osm_trace_progress
 */
double osm_trace_progress(const struct osm_trace_reader *reader);

/**
 * @brief Close a trace.
 * @param reader the trace, or NULL
 *
 * @snippet reference_trace.c osm_trace_close
 */
void osm_trace_close(struct osm_trace_reader *reader);

/* ---- Writing */

/** @brief How operations are written down. */
enum osm_trace_form {
	OSM_TRACE_TEXT,   /**< A line an operation. */
	OSM_TRACE_BINARY, /**< A few bytes an operation. */
	OSM_TRACE_REP /**< As in the CMU malloc lab: text with four numbers before it; blocks are numbered from 0 in order,
	                       each number once; calloc and aligned allocations become plain ones; sites, threads and times
	                       are left out. */
};

/** @brief How what is written is compressed. */
enum osm_trace_packing {
	OSM_TRACE_PLAIN, /**< Not at all. */
	OSM_TRACE_GZIP,  /**< By zlib. */
	OSM_TRACE_ZSTD   /**< By libzstd. */
};

/** @brief A trace that is being written. */
struct osm_trace_writer;

/**
 * @brief What a file's name says about its form: `.rep` and `.osmt` (binary), everything else is text; behind it `.gz` or
 * `.zst`.
 * @param path    the name
 * @param form    filled in
 * @param packing filled in
 *
 * @snippet reference_trace.c osm_trace_form_of
 */
void osm_trace_form_of(const char *path, enum osm_trace_form *form, enum osm_trace_packing *packing);

/**
 * @brief Begin a trace. The file has a name of its own, PATH.part, until it is finished: whoever finds PATH finds it whole.
 * If there is a file of that name, it is PATH.part-1, and so on.
 *
 * A symbolic link stays, and what it leads to is written. What is there and no regular file, such as a pipe or a device,
 * stays too: the trace goes straight to it.
 * @param path    the file; "-": standard output
 * @param form    how operations are written
 * @param packing how they are compressed
 * @param error   filled in on failure
 * @return the writer, to be finished or abandoned; or NULL
 *
 * @snippet reference_trace.c osm_trace_create
 */
struct osm_trace_writer *osm_trace_create(const char *path, enum osm_trace_form form, enum osm_trace_packing packing,
                                          struct osm_trace_error *error);

/**
 * @brief Write an operation. Cost: O(1) on average.
 * @param writer the trace
 * @param op     the operation; whether its block lives is not checked, but in the form of CMU, which has to know
 * @return false if this or an earlier call failed; @ref osm_trace_finish tells why
 *
 * @snippet reference_trace.c osm_trace_write
 */
bool osm_trace_write(struct osm_trace_writer *writer, const struct osm_trace_op *op);

/**
 * @brief Name the next call site; the first is 1. To be called before the first operation from there.
 * @param writer the trace
 * @param frames as @ref osm_trace_site gives them; blanks, `#`, `%` without two hexadecimal digits and what is not
 *               printable ASCII become `%` and two hexadecimal digits; at most 4000 bytes then
 * @return false if this or an earlier call failed
 *
 * @snippet reference_trace.c osm_trace_write_site
 */
bool osm_trace_write_site(struct osm_trace_writer *writer, const char *frames);

/**
 * @brief Write what is not written yet, give the file its name and release the writer.
 * @param writer the trace
 * @param error  filled in on failure
 * @return false if this or an earlier call failed: then there is no file
 *
 * @snippet reference_trace.c osm_trace_finish
 */
bool osm_trace_finish(struct osm_trace_writer *writer, struct osm_trace_error *error);

/**
 * @brief Throw away what was written and release the writer.
 * @param writer the trace, or NULL
 *
 * @snippet reference_trace.c osm_trace_abandon
 */
void osm_trace_abandon(struct osm_trace_writer *writer);

/* ---- Recording and replaying */

/**
 * @brief osm_heap_alloc, recorded. Any thread may call this and the next four at any time: they take a lock of the
 * writer's around the heap's call. Calls that give no block are not recorded, nor are calls for what is no live block, whose
 * report comes without the lock. A report of damage comes with it: that handler must neither record with this writer nor
 * longjmp. A block's name is its address.
 * @param writer the trace; what goes wrong with it shows when it is finished
 * @param heap   the heap
 * @param n      bytes
 * @return what osm_heap_alloc returns
 *
 * @snippet reference_trace.c osm_trace_alloc
 */
void *osm_trace_alloc(struct osm_trace_writer *writer, struct osm_heap *heap, size_t n);

/**
 * @brief osm_heap_calloc, recorded.
 * @param writer the trace
 * @param heap   the heap
 * @param count  elements
 * @param each   bytes of an element
 * @return what osm_heap_calloc returns
 *
 * @snippet reference_trace.c osm_trace_calloc
 */
void *osm_trace_calloc(struct osm_trace_writer *writer, struct osm_heap *heap, size_t count, size_t each);

/**
 * @brief osm_heap_alloc_aligned, recorded.
 * @param writer the trace
 * @param heap   the heap
 * @param align  a power of two
 * @param n      bytes
 * @return what osm_heap_alloc_aligned returns
 *
 * @snippet reference_trace.c osm_trace_alloc_aligned
 */
void *osm_trace_alloc_aligned(struct osm_trace_writer *writer, struct osm_heap *heap, size_t align, size_t n);

/**
 * @brief osm_heap_realloc, recorded.
 * @param writer the trace
 * @param heap   the heap
 * @param p      a live block that was allocated while the trace was recorded, or NULL
 * @param n      bytes
 * @return what osm_heap_realloc returns
 *
 * @snippet reference_trace.c osm_trace_realloc
 */
void *osm_trace_realloc(struct osm_trace_writer *writer, struct osm_heap *heap, void *p, size_t n);

/**
 * @brief osm_heap_free, recorded.
 * @param writer the trace
 * @param heap   the heap
 * @param p      a live block that was allocated while the trace was recorded, or NULL
 *
 * @snippet reference_trace.c osm_trace_free
 */
void osm_trace_free(struct osm_trace_writer *writer, struct osm_heap *heap, void *p);

/**
 * @brief Told after each operation of a replay.
 * @param context what the replay was given
 * @param op      the operation
 * @param payload the block, as it is now; NULL after a free, and of no bytes
 * @return false to stop
 */
typedef bool osm_trace_step(void *context, const struct osm_trace_op *op, void *payload);

/**
 * @brief Do the rest of a trace on a heap. Payloads are not touched, but by calloc. Blocks that the trace never frees are
 * freed at its end, and when the replay stops early.
 * @param reader  the trace, at its beginning
 * @param heap    the heap
 * @param step    told after each operation; or NULL
 * @param context handed to `step`
 * @param error   filled in on failure
 * @return false if the trace is bad, or if the heap or the replay's own table got no memory
 *
 * @snippet reference_trace.c osm_trace_replay
 */
bool osm_trace_replay(struct osm_trace_reader *reader, struct osm_heap *heap, osm_trace_step *step, void *context,
                      struct osm_trace_error *error);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
