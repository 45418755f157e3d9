/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file heapmap_raster.h
 * @brief A heap map as rows of cells of the same number of bytes: for what draws pixels or letters.
 *
 * A cell shows one kind of bytes. What loses in a cell is carried over to the next one, so that over a few cells each
 * kind gets its share. A section begins on a row of its own.
 */
#ifndef OSMEM_TOOLS_HEAPMAP_RASTER_H
#define OSMEM_TOOLS_HEAPMAP_RASTER_H

#include "tools/heapmap.h"

/** @brief What a cell shows, as letters: live, free, header, or no memory. */
#define RASTER_LIVE 'a'
#define RASTER_FREE 'f'
#define RASTER_HEADER 'h'
#define RASTER_NOTHING ' '

/** @brief The rows. */
struct heapmap_raster {
	size_t width;      /**< Cells of a row. */
	size_t rows;       /**< Rows. */
	size_t cell_bytes; /**< Bytes of a cell: a power of two. */
	char *cells;       /**< A letter each, row after row. */
	size_t *offsets;   /**< Of each row: where it begins in its section, in bytes. */
	size_t *sections;  /**< Of each row: which section it is of. */
};

/**
 * @brief The smallest cells with which a map has no more than so many rows.
 * @param map   the map
 * @param width cells of a row
 * @param rows  the most rows; sections of which each needs one do not count against it
 * @return bytes of a cell, a power of two, at least 8
 */
size_t heapmap_cell_bytes(const struct heapmap *map, size_t width, size_t rows);

/**
 * @brief Make rows of a map.
 * @param map        the map
 * @param width      cells of a row
 * @param cell_bytes bytes of a cell
 * @param raster     filled in, to be released
 * @return false if memory ran out
 */
bool heapmap_rasterise(const struct heapmap *map, size_t width, size_t cell_bytes, struct heapmap_raster *raster);

/**
 * @brief Give a raster's memory back.
 * @param raster the raster
 */
void heapmap_raster_release(struct heapmap_raster *raster);

/**
 * @brief Print a map for a terminal: two rows a line in half blocks with colour, or a letter a cell without.
 * @param map    the map
 * @param width  columns of the terminal
 * @param lines  the most lines
 * @param colour true: in colour, for a terminal that has 256 of them and shows UTF-8
 * @return false if memory ran out
 */
bool heapmap_print(const struct heapmap *map, size_t width, size_t lines, bool colour);

/**
 * @brief Draw a map as a PNG file, by gnuplot.
 * @param map      the map
 * @param path     the file
 * @param title    one line
 * @param subtitle one line
 * @return false if that failed: errno tells why, or 0 and gnuplot did on stderr
 */
bool heapmap_write_png(const struct heapmap *map, const char *path, const char *title, const char *subtitle);

#endif
