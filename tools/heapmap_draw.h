/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file heapmap_draw.h
 * @brief What the page of a heap map and its blocks share; for heapmap_svg.c and heapmap_blocks.c alone.
 */
#ifndef OSMEM_TOOLS_HEAPMAP_DRAW_H
#define OSMEM_TOOLS_HEAPMAP_DRAW_H

#include <stdio.h>

#include "tools/heapmap.h"

/** @brief Pixels of a row. */
#define ROW_WIDTH 1024

/** @brief Pixels from one row to the next. */
#define ROW_PITCH 12

/** @brief What a byte is. */
enum heapmap_kind { KIND_LIVE, KIND_FREE, KIND_HEADER, KINDS };

/** @brief The class of each kind in the style sheet; live blocks that stand alone are `a` and `b` in turn. */
extern const char heapmap_kind_class[KINDS];

/** @brief Where and how finely is drawn. */
struct heapmap_canvas {
	FILE *out;                 /**< The SVG file. */
	const struct heapmap *map; /**< What is drawn. */
	size_t row_bytes;          /**< Bytes of a row; a power of two, as the other two. */
	size_t alone_bytes;        /**< A block of this size, with its header, stands alone. */
	size_t cell_bytes;         /**< Bytes that are shown as one where blocks are merged. */
};

/**
 * @brief What a block's payload is.
 * @param block the block
 * @return KIND_LIVE or KIND_FREE
 */
static inline enum heapmap_kind heapmap_kind_of(const struct heapmap_block *block)
{
	return block->free ? KIND_FREE : KIND_LIVE;
}

/**
 * @brief Draw the blocks of a section, the first row's middle at 0.
 * @param canvas  where and how finely
 * @param section which
 */
void heapmap_draw_blocks(const struct heapmap_canvas *canvas, const struct heapmap_section *section);

#endif
