/* SPDX-License-Identifier: BSD-3-Clause */
/* Summing measurements up: see stats.h. */
#include <math.h>

#include "tools/bench/stats.h"

void samples_add(struct samples *samples, double value)
{
	if (samples->count == SAMPLES_MAX)
		return;
	size_t at = samples->count++;
	for (; at > 0 && samples->value[at - 1] > value; at--)
		samples->value[at] = samples->value[at - 1];
	samples->value[at] = value;
}

double samples_quantile(const struct samples *samples, double share)
{
	double place = share * (double)(samples->count - 1);
	size_t below = (size_t)place;
	size_t above = below + 1 < samples->count ? below + 1 : below;
	double part = place - (double)below;

	return samples->value[below] * (1 - part) + samples->value[above] * part;
}

double samples_spread(const struct samples *samples)
{
	return samples_quantile(samples, 0.75) - samples_quantile(samples, 0.25);
}

void points_add(struct points *points, double x, double y)
{
	x = log(x);
	y = log(y);
	points->count++;
	points->sum_x += x;
	points->sum_y += y;
	points->sum_xx += x * x;
	points->sum_xy += x * y;
}

bool points_exponent(const struct points *points, double *exponent)
{
	double n = (double)points->count;
	double spread = n * points->sum_xx - points->sum_x * points->sum_x;

	if (points->count < 2 || spread < 1e-9)
		return false;
	*exponent = (n * points->sum_xy - points->sum_x * points->sum_y) / spread;
	return true;
}

double points_mean(const struct points *points)
{
	return exp(points->sum_y / (double)points->count);
}
