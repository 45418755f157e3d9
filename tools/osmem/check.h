/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file check.h
 * @brief The plot of `osmem check`.
 */
#ifndef OSMEM_TOOLS_OSMEM_CHECK_H
#define OSMEM_TOOLS_OSMEM_CHECK_H

#include "tools/osmem/survey.h"

/**
 * @brief Draw how long blocks of each size live.
 * @param survey the survey
 * @param path   the trace, for the title
 * @param to     the file, SVG
 * @return an exit status; what went wrong is told on stderr
 */
int check_plot(const struct survey *survey, const char *path, const char *to);

#endif
