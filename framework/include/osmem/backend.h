/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file backend.h
 * @brief The backend contract: where bytes come from.
 *
 * What holds for every slot:
 *  - it is called with the lock of the heap that uses it held. A backend whose resource belongs to the whole process
 *    (the program break) takes a lock of its own;
 *  - it never allocates from a heap, never prints, never exits;
 *  - NULL means that memory ran out: `errno` is ENOMEM and nothing has changed. False means that it was not possible, and
 *    nothing has changed;
 *  - sizes are bytes and not zero; alignments are powers of two.
 *
 * An optional slot is NULL. A backend with state of its own has this structure as the first member of a larger one and
 * finds itself again through `self`.
 */
#ifndef OSMEM_BACKEND_H
#define OSMEM_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** @brief What a backend promises beyond its slots; a set of bits. */
enum osm_promise {
	OSM_PROMISE_CONTIGUOUS = 1, /**< Growing at a region's end succeeds until `reach` unless memory runs out. */
	OSM_PROMISE_MAP_ZEROED = 2, /**< What `map` returns is all zero. */
	OSM_PROMISE_MAP_LAZY = 4,   /**< A page that `map` returned costs memory only once it is touched. */
};

/** @brief A source of backing memory. */
struct osm_backend {
	/** @brief The name that `scons backend=` and the tools take. */
	const char *name;
	/** @brief One line for people who choose. */
	const char *summary;
	/** @brief The unit in which the system gives memory, in bytes; a power of two. */
	size_t page_size;
	/** @brief Set of @ref osm_promise. */
	unsigned promises;

	/**
	 * @brief Grow a region, or begin one.
	 *
	 * With `end`: exactly [end, end + n) becomes the caller's, where `end` is the end of a region that this backend
	 * began; returns `end`. Without: n fresh bytes anywhere, aligned to 16; `*reach` tells how many bytes the new region
	 * can ever span, at least n. `n` is not rounded: a backend with page granularity keeps the surplus and hands it out
	 * next.
	 * @param self  this backend
	 * @param end   the region's present end, or NULL for a fresh region
	 * @param n     bytes
	 * @param reach written for a fresh region only; never NULL
	 * @return the first of the new bytes, or NULL
	 */
	void *(*grow)(struct osm_backend *self, void *end, size_t n, size_t *reach);

	/**
	 * @brief Stand-alone memory, for large blocks and for metadata.
	 * @param self  this backend
	 * @param n     bytes
	 * @param align alignment of the result, in bytes
	 * @return n bytes, or NULL
	 */
	void *(*map)(struct osm_backend *self, size_t n, size_t align);

	/**
	 * @brief Give back exactly what one `map` returned: the same address and the same n.
	 * @param self this backend
	 * @param p    what `map` or `remap` returned
	 * @param n    the bytes it was asked for
	 */
	void (*unmap)(struct osm_backend *self, void *p, size_t n);

	/**
	 * @brief Optional: make a mapping larger or smaller, moving it if need be. Contents are kept up to the smaller size.
	 * @param self this backend
	 * @param p    what `map` or `remap` returned, with an alignment of at most a page
	 * @param from its bytes
	 * @param to   the bytes wanted
	 * @return the mapping, perhaps moved, or NULL and the old one is as it was
	 */
	void *(*remap)(struct osm_backend *self, void *p, size_t from, size_t to);

	/**
	 * @brief Optional: take a whole region back when its heap ends.
	 * @param self  this backend
	 * @param start the region's start
	 * @param n     bytes that `grow` gave for it in all
	 * @param reach what `grow` said when it began the region
	 */
	void (*release)(struct osm_backend *self, void *start, size_t n, size_t reach);

	/**
	 * @brief Optional: take the last bytes of a region back. It ends lower then, and may grow again from there.
	 * @param self this backend
	 * @param end  the region's present end
	 * @param n    bytes, fewer than the region has
	 * @return true: the region ends at end - n
	 */
	bool (*trim)(struct osm_backend *self, void *end, size_t n);

	/**
	 * @brief Optional: take back what whole pages of a region hold. The addresses stay the region's, and cost memory again
	 * once they are touched.
	 * @param self this backend
	 * @param p    the first page; a multiple of `page_size`
	 * @param n    bytes; a multiple of `page_size`
	 * @return true: each byte is as it was, or zero; which of the two may still change until it is written to
	 */
	bool (*purge)(struct osm_backend *self, void *p, size_t n);
};

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
