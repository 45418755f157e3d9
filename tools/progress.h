/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file progress.h
 * @brief One line on the terminal that tells how far a long job is. Nothing at all where stderr is no terminal.
 */
#ifndef OSMEM_TOOLS_PROGRESS_H
#define OSMEM_TOOLS_PROGRESS_H

#include <stddef.h>

/**
 * @brief Show how far a job is, in place of what was shown before. A call that comes too soon after another one of the
 * same stage shows nothing.
 * @param job   what is done, e.g. "best-fit on mock"
 * @param stage which part of it, e.g. "checking"; static text
 * @param done  steps of the stage that are done
 * @param total its steps, not 0
 */
void progress_show(const char *job, const char *stage, size_t done, size_t total);

/** @brief Take the line away, so that something else can be printed. */
void progress_clear(void);

#endif
