/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file measures.h
 * @brief Fragmentation after Johnstone and Wilson, "The memory fragmentation problem: solved?" (ISMM 1998): four
 * measures.
 *
 * *Requested* is the payload that is live, as the program asked for it; *used* is the memory that the allocator holds
 * for it. Each measure is a ratio of used to requested, less one: 0 is no fragmentation, 0.5 is half as much memory
 * again as the program asked for.
 *
 *     1  used / requested, averaged over all points in time
 *     2  used / requested at the moment of the most requested
 *     3  used / requested at the moment of the most used
 *     4  the most used / the most requested, whenever they are
 *
 * Time is what they call allocation time: it advances by each byte that the program allocates, so that a program's last
 * frees, between which next to nothing is live, do not count. A moment is the first at which its most is reached.
 */
#ifndef OSMEM_TOOLS_LAB_MEASURES_H
#define OSMEM_TOOLS_LAB_MEASURES_H

#include <stdbool.h>
#include <stddef.h>

/** @brief How many measures there are. */
#define MEASURES 4

/** @brief What the measures are made of. All zero: nothing was seen yet. */
struct measures {
	double weighted;            /**< Sum of used / requested, each times the bytes allocated. */
	double weight;              /**< Bytes allocated at points that count. */
	size_t most_requested;      /**< Bytes. */
	size_t used_there;          /**< Bytes used when the most was requested first. */
	size_t most_used;           /**< Bytes. */
	size_t requested_at_summit; /**< Bytes requested when the most was used first. */
};

/**
 * @brief Note one point in time.
 * @param measures  the measures
 * @param allocated bytes that the program allocated since the point before; 0: the point does not count for measure 1
 * @param requested bytes that are live now
 * @param used      bytes that the allocator holds now
 */
void measures_note(struct measures *measures, size_t allocated, size_t requested, size_t used);

/**
 * @brief A measure.
 * @param measures the measures
 * @param which    1 to @ref MEASURES
 * @param value    written: the ratio less one
 * @return false if the program never asked for a byte, or held none at that moment: there is no such figure then
 */
bool measures_value(const struct measures *measures, int which, double *value);

#endif
