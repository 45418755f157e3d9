/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Times in classes: see histogram.h.
 *
 * Times below 32 ns have a class each. From then on the highest bit tells the power of two, the five bits behind it the
 * class, as in HdrHistogram.
 */
#include "tools/bench/histogram.h"

static size_t class_of(uint64_t ns)
{
	if (ns < HISTOGRAM_STEPS)
		return (size_t)ns;
	size_t shift = 58 - (size_t)__builtin_clzll(ns);
	return shift * HISTOGRAM_STEPS + (size_t)(ns >> shift);
}

/* The longest time of a class. */
static uint64_t class_end(size_t class)
{
	if (class < 2 * HISTOGRAM_STEPS)
		return class;
	size_t shift = class / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(class % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	histogram->total++;
	histogram->counts[class_of(ns)]++;
	if (ns > histogram->worst)
		histogram->worst = ns;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	double wanted = share * (double)histogram->total;
	uint64_t seen = 0;

	for (size_t class = 0; class < sizeof histogram->counts / sizeof *histogram->counts; class++) {
		seen += histogram->counts[class];
		if (seen > 0 && (double)seen >= wanted)
			return class_end(class) < histogram->worst ? class_end(class) : histogram->worst;
	}
	return 0;
}
