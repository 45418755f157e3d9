/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The classic results, run again: each prints a line of JSON for each figure.
 */
#ifndef DOCS_RESULTS_RESULTS_H
#define DOCS_RESULTS_RESULTS_H

#include <osmem/heap.h>

#include "docs/give_up.h"

/* The policies that are compared, and how many. */
extern const char *const result_policies[];
enum { RESULT_POLICIES = 5 };

/* A heap of a policy, without headers, over mmap; it buys exactly what is missing and maps and returns nothing. */
struct osm_heap *result_heap(const char *policy);

/* Knuth's fifty-percent rule. */
void run_fifty(void);

/* Robson's attack. */
void run_attack(void);

/* What best fit does worst on. */
void run_worst(void);

/* Recorded programs. */
void run_programs(int count, char **paths);

/* A random number below n; the same ones in each run. */
size_t random_below(size_t n);

#endif
