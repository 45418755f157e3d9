/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file report_plots.h
 * @brief The plots of a report.
 */
#ifndef OSMEM_TOOLS_LAB_REPORT_PLOTS_H
#define OSMEM_TOOLS_LAB_REPORT_PLOTS_H

#include "tools/lab/contest.h"

/** @brief A plot of one trace. */
struct report_plot {
	const char *title;  /**< What it shows, as a heading. */
	const char *text;   /**< What to look at: a sentence or two. */
	const char *script; /**< Its axes and looks, for gnuplot. */
	int height;         /**< In pixels. */
	/** @brief Write data and the plot command. @param out where to @param contest the whole @param trace which trace
	 * @return false: there is nothing to draw */
	bool (*write)(FILE *out, const struct contest *contest, size_t trace);
};

/** @brief All plots, in order; the last one's title is NULL. */
extern const struct report_plot report_plots[];

/**
 * @brief Draw a plot.
 * @param plot    which
 * @param contest the whole
 * @param trace   which trace
 * @return an SVG element, for the caller to free, "" if there is nothing to draw; NULL if that failed
 */
char *report_plot_draw(const struct report_plot *plot, const struct contest *contest, size_t trace);

#endif
