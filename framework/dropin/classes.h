/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Size classes: every 16 bytes up to 1 KiB, so that most requests waste less than 16 bytes and the class is one shift;
 * above that four for each doubling, so that none wastes more than a fifth.
 *
 *     class   1  2  3 ... 64   | 65   66   67   68
 *     size   16 32 48 ... 1024 | 1280 1536 1792 2048
 *
 * Slabs of still larger blocks would save time where two threads do nothing but allocate, and cost memory everywhere:
 * the policy places such blocks closer.
 *
 * Class 0 is no class: its list is always empty, so that the search for a request of 0 bytes, or of almost SIZE_MAX,
 * whose rounding wraps, ends on the slow path, where there is time to think.
 */
#ifndef OSMEM_DROPIN_CLASSES_H
#define OSMEM_DROPIN_CLASSES_H

#include <stddef.h>

enum {
	CLASS_UNIT = 16,
	CLASS_FINE_MAX = 1024, /* the largest size with classes of CLASS_UNIT */
	CLASS_MAX = 2048,      /* the largest size of all */
	CLASS_FINE = CLASS_FINE_MAX / CLASS_UNIT,
	CLASSES = CLASS_FINE + 4 + 1
};

/* The class for 1 to CLASS_FINE_MAX bytes. */
static inline size_t class_of_fine(size_t n)
{
	return (n + CLASS_UNIT - 1) / CLASS_UNIT;
}

/* The class for 1 to CLASS_MAX bytes. */
static inline size_t class_of(size_t n)
{
	unsigned order;

	if (n <= CLASS_FINE_MAX)
		return class_of_fine(n);
	order = 63u - (unsigned)__builtin_clzll(n - 1); /* of the doubling: 10 for what is above 1 KiB */
	return CLASS_FINE - 3 + (size_t)(order - 10) * 4 + ((n - 1) >> (order - 2));
}

static inline size_t class_size(size_t class)
{
	size_t step;

	if (class <= CLASS_FINE)
		return class * CLASS_UNIT;
	step = class - CLASS_FINE - 1;
	return (size_t)(5 + step % 4) << (8 + step / 4);
}

#endif
