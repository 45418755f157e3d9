/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Times in bins: see histogram.h.
 *
 * Times below 32 ns have a bin each. From then on the highest bit tells the power of two, the five bits behind it the
 * bin, as in HdrHistogram.
 */
#include "tools/bench/histogram.h"

static size_t bin_of(uint64_t ns)
{
	if (ns < HISTOGRAM_STEPS)
		return (size_t)ns;
	size_t shift = 58 - (size_t)__builtin_clzll(ns);
	return shift * HISTOGRAM_STEPS + (size_t)(ns >> shift);
}

/* The longest time of a bin. */
static uint64_t bin_end(size_t bin)
{
	if (bin < 2 * HISTOGRAM_STEPS)
		return bin;
	size_t shift = bin / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(bin % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	histogram->total++;
	histogram->counts[bin_of(ns)]++;
	if (ns > histogram->worst)
		histogram->worst = ns;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	double wanted = share * (double)histogram->total;
	uint64_t seen = 0;

	for (size_t bin = 0; bin < sizeof histogram->counts / sizeof *histogram->counts; bin++) {
		seen += histogram->counts[bin];
		if (seen > 0 && (double)seen >= wanted)
			return bin_end(bin) < histogram->worst ? bin_end(bin) : histogram->worst;
	}
	return 0;
}
