/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file measure.h
 * @brief Running another program and measuring it.
 */
#ifndef OSMEM_TOOLS_BENCH_MALLOC_MEASURE_H
#define OSMEM_TOOLS_BENCH_MALLOC_MEASURE_H

/**
 * @brief Run a program with a malloc preloaded and write what it used: CPU seconds, wall seconds, peak KiB.
 *
 * A process counts as its own the memory that it had before exec, that is its parent's; so the parent must be a small
 * one: this program, and not the script that asks for the figures.
 * @param out     file for one line
 * @param preload a library, or "" for none
 * @param command the program and its arguments, ending with NULL
 * @return the program's exit status
 */
int measure(const char *out, const char *preload, char **command);

#endif
