/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file heapmap.h
 * @brief A picture of a heap: every block where it lies, as an SVG file.
 *
 * A map is captured from a heap at one moment and can be drawn at any later one.
 */
#ifndef OSMEM_TOOLS_HEAPMAP_H
#define OSMEM_TOOLS_HEAPMAP_H

#include <stdint.h>

#include <osmem/heap.h>

/** @brief A block and its header. */
struct heapmap_block {
	size_t at;      /**< Where its header starts in its section, in bytes. */
	size_t header;  /**< Bytes of the header. */
	size_t payload; /**< Bytes of the payload. */
	bool free;      /**< True if nobody holds it. */
};

/** @brief A run of blocks that is drawn by itself: a region, or all mapped blocks, one packed behind the other. */
struct heapmap_section {
	size_t first; /**< Its first block. */
	size_t end;   /**< Behind its last block. */
	size_t bytes; /**< From its first byte to behind its last. */
	bool mapped;  /**< True for the mapped blocks. */
};

/** @brief The blocks of a heap at one moment. All zero: none. */
struct heapmap {
	struct heapmap_block *blocks;     /**< In the order of a walk. */
	size_t block_count;               /**< How many. */
	size_t block_room;                /**< Room for so many. */
	struct heapmap_section *sections; /**< Regions in address order, then the mapped blocks. */
	size_t section_count;             /**< How many. */
	size_t section_room;              /**< Room for so many. */
	uintptr_t walk_end;               /**< Behind the block captured last. */
};

/**
 * @brief Note where each block of a heap lies.
 * @param map  empty; filled in
 * @param heap the heap
 * @return false if memory ran out or the heap is damaged: the map is empty then
 */
bool heapmap_capture(struct heapmap *map, struct osm_heap *heap);

/**
 * @brief Give a map's memory back.
 * @param map the map, empty afterwards
 */
void heapmap_release(struct heapmap *map);

/**
 * @brief Draw a map as an SVG file of at most about 300 kB: the more blocks, the more of them are merged.
 * @param map      the map
 * @param path     the file: see whole.h
 * @param title    one line; what is not ASCII is shown as `?`
 * @param subtitle one line, the same
 * @return false if it could not be written: errno tells why
 */
bool heapmap_write(const struct heapmap *map, const char *path, const char *title, const char *subtitle);

#endif
