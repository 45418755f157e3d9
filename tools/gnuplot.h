/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file gnuplot.h
 * @brief Plots, drawn by the program gnuplot, which Debian has as gnuplot-nox.
 */
#ifndef OSMEM_TOOLS_GNUPLOT_H
#define OSMEM_TOOLS_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

/** @brief What to tell people if it is missing. */
#define GNUPLOT_MISSING "gnuplot, which draws, is not there; Debian has it as gnuplot-nox"

/**
 * @brief Is gnuplot installed?
 * @return whether it can be run
 */
bool gnuplot_is_there(void);

/**
 * @brief Let gnuplot run a script.
 * @param script its text; data may follow plot commands in it, binary, too
 * @param bytes  how many
 * @param length written: bytes of what it printed
 * @return what it printed on standard output, for the caller to free, a zero byte behind it; NULL if it failed: what
 *         it says of that is on stderr
 */
char *gnuplot_run(const char *script, size_t bytes, size_t *length);

/**
 * @brief Let gnuplot draw a plot as SVG that can stand in a page: black follows the page's colour, and no id clashes.
 * @param name   begins every id in it; letters, digits and `_`
 * @param label  what it shows, for who cannot see it
 * @param width  pixels
 * @param height pixels
 * @param script what draws, without a terminal
 * @return the element, for the caller to free; NULL if it failed: what gnuplot says of that is on stderr
 */
char *gnuplot_svg(const char *name, const char *label, int width, int height, const char *script);

#endif
