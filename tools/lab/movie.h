/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file movie.h
 * @brief A heap's life as a page with a slider: one file that needs no other.
 */
#ifndef OSMEM_TOOLS_LAB_MOVIE_H
#define OSMEM_TOOLS_LAB_MOVIE_H

#include "tools/lab/player.h"

/** @brief Frames of a movie, at most. */
#define MOVIE_FRAMES 160

/**
 * @brief Replay a trace twice, once to see how large its heap becomes, once for the frames, and write the page. Whoever
 * finds the file finds it whole.
 * @param totals the trace
 * @param setup  the heap
 * @param path   the file
 * @param title  one line
 * @param stop   non-zero from some moment on: stop
 * @return an exit status; CLI_FOUND: the heap ran out of memory, is damaged, or the replay was stopped. Messages are on
 *         stderr
 */
int movie_write(const struct tape_totals *totals, const struct setup *setup, const char *path, const char *title,
                const volatile sig_atomic_t *stop);

#endif
