/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file stats.h
 * @brief The few figures that many measurements are summed up by.
 */
#ifndef OSMEM_TOOLS_BENCH_STATS_H
#define OSMEM_TOOLS_BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

/** @brief Most measurements of one thing. */
#define SAMPLES_MAX 16

/** @brief Measurements of one thing, sorted. All zero: none. */
struct samples {
	double value[SAMPLES_MAX]; /**< The measurements, ascending. */
	size_t count;              /**< How many. */
};

/**
 * @brief Add a measurement; more than SAMPLES_MAX are passed over.
 * @param samples the measurements
 * @param value   one more
 */
void samples_add(struct samples *samples, double value);

/**
 * @brief The value that a share of all does not exceed, between two measurements where it falls between them.
 * @param samples at least one
 * @param share   0 to 1; 0.5: the median
 * @return the quantile
 */
double samples_quantile(const struct samples *samples, double share);

/**
 * @brief The interquartile range: how wide the middle half of the measurements is.
 * @param samples at least one
 * @return the range
 */
double samples_spread(const struct samples *samples);

/** @brief Points of which a straight line is fitted through the logarithms, or that are averaged. All zero: none. */
struct points {
	size_t count;                        /**< How many. */
	double sum_x, sum_y, sum_xx, sum_xy; /**< Sums of logarithms and of their products. */
};

/**
 * @brief Add a point.
 * @param points the points
 * @param x      more than 0
 * @param y      more than 0
 */
void points_add(struct points *points, double x, double y);

/**
 * @brief The exponent e of the power law y = c * x^e that fits best, by least squares of logarithms.
 * @param points   the points
 * @param exponent written if there are two different x at least
 * @return whether there are
 */
bool points_exponent(const struct points *points, double *exponent);

/**
 * @brief The geometric mean of all y.
 * @param points at least one
 * @return the mean
 */
double points_mean(const struct points *points);

#endif
