/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Size classes: every 16 bytes up to 256, so that most requests waste less than 16 bytes, and above that four for each
 * doubling, so that none wastes more than a fifth. More classes would waste less inside of blocks and more between them:
 * a class keeps the pages of its own peak, which no other class can use, and the fewer blocks a class has at a time, the
 * more that peak is above the average.
 *
 *     class   1  2  3 ...  16 |  17  18  19  20 |  21 ...   24 |   25 ...   28
 *     size   16 32 48 ... 256 | 320 384 448 512 | 640 ... 1024 | 1280 ... 2048
 *
 * Up to 256 bytes the class is one shift; above, it takes a dozen instructions more.
 *
 * Slabs of still larger blocks would save time where two threads do nothing but allocate, and cost memory everywhere:
 * the policy places such blocks closer.
 *
 * Class 0 is no class: its list is always empty, so that the search for a request of 0 bytes, or of almost SIZE_MAX, whose
 * rounding wraps, ends on the slow path, where there is time to think.
 */
#ifndef OSMEM_DROPIN_CLASSES_H
#define OSMEM_DROPIN_CLASSES_H

#include <stddef.h>

enum {
	CLASS_UNIT = 16,
	CLASS_FINE_MAX = 256, /* the largest size with classes of CLASS_UNIT */
	CLASS_MAX = 2048,     /* the largest size of all */
	CLASS_FINE = CLASS_FINE_MAX / CLASS_UNIT,
	CLASSES = CLASS_FINE + 3 * 4 + 1
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
	order = 63u - (unsigned)__builtin_clzll(n - 1); /* of the doubling: 8 for what is above 256 bytes */
	return CLASS_FINE - 3 + (size_t)(order - 8) * 4 + ((n - 1) >> (order - 2));
}

/* The class for any number of bytes; 0: there is none. */
static inline size_t class_or_none(size_t n)
{
	size_t class = class_of_fine(n);

	if (__builtin_expect(class > CLASS_FINE, 0))
		class = n <= CLASS_MAX ? class_of(n) : 0;
	return class;
}

static inline size_t class_size(size_t class)
{
	size_t step;

	if (class <= CLASS_FINE)
		return class * CLASS_UNIT;
	step = class - CLASS_FINE - 1;
	return (size_t)(5 + step % 4) << (6 + step / 4);
}

#endif
