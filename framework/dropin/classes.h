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
 * A thread has more lists than classes: one for every 16 bytes up to 1 KiB, so that the way to a list is one shift
 * without a table. The lists of one class are neighbours. Their blocks are the same, and one that is empty is served
 * from the others before it asks for more.
 *
 *     list    1  2  3 ...  16 | 17 to 20 | 21 to 24 | ... | 57 to 64 | 65 66 67 68
 *     class   1  2  3 ...  16 |    17    |    18    | ... |    24    | 25 26 27 28
 *
 * Slabs of still larger blocks would save time where two threads do nothing but allocate, and cost memory everywhere:
 * the policy places such blocks closer.
 *
 * List 0 is no list: it is always empty, so that the search for a request of 0 bytes, or of almost SIZE_MAX, whose
 * rounding wraps, ends on the slow path, where there is time to think.
 */
#ifndef OSMEM_DROPIN_CLASSES_H
#define OSMEM_DROPIN_CLASSES_H

#include <stddef.h>

enum {
	CLASS_UNIT = 16,
	CLASS_FINE_MAX = 256,  /* the largest size with classes of CLASS_UNIT */
	CLASS_LIST_MAX = 1024, /* the largest size with lists of CLASS_UNIT */
	CLASS_MAX = 2048,      /* the largest size of all */
	CLASS_FINE = CLASS_FINE_MAX / CLASS_UNIT,
	CLASSES = CLASS_FINE + 3 * 4 + 1,
	LIST_FINE = CLASS_LIST_MAX / CLASS_UNIT,
	LISTS = LIST_FINE + 4 + 1
};

/* The list for 1 to CLASS_LIST_MAX bytes. */
static inline size_t list_of_fine(size_t n)
{
	return (n + CLASS_UNIT - 1) / CLASS_UNIT;
}

/* The class for 1 to CLASS_MAX bytes. */
static inline size_t class_of(size_t n)
{
	unsigned order;

	if (n <= CLASS_FINE_MAX)
		return (n + CLASS_UNIT - 1) / CLASS_UNIT;
	order = 63u - (unsigned)__builtin_clzll(n - 1); /* of the doubling: 8 for what is above 256 bytes */
	return CLASS_FINE - 3 + (size_t)(order - 8) * 4 + ((n - 1) >> (order - 2));
}

static inline size_t class_size(size_t class)
{
	size_t step;

	if (class <= CLASS_FINE)
		return class * CLASS_UNIT;
	step = class - CLASS_FINE - 1;
	return (size_t)(5 + step % 4) << (6 + step / 4);
}

/* The list for 1 to CLASS_MAX bytes. */
static inline size_t list_of(size_t n)
{
	return n <= CLASS_LIST_MAX ? list_of_fine(n) : class_of(n) + LISTS - CLASSES;
}

/* The last of a class's lists. They begin behind the last list of the class before. */
static inline size_t class_last_list(size_t class)
{
	return class == 0 ? 0 : list_of(class_size(class));
}

#endif
