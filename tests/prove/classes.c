/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The drop-in's size classes.
 */
#include "framework/dropin/classes.h"
#include "prove.h"

void prove_class_of_fine(size_t n)
{
	assume(n >= 1 && n <= CLASS_FINE_MAX);
	claim(class_of_fine(n) >= 1 && class_of_fine(n) <= CLASS_FINE);
	claim(class_size(class_of_fine(n)) >= n && class_size(class_of_fine(n)) - n < CLASS_UNIT);
}

void prove_class_of(size_t n, size_t more)
{
	size_t size;

	assume(n >= 1 && n <= more && more <= CLASS_MAX);
	claim(class_of(n) >= 1 && class_of(n) < CLASSES);
	claim(class_of(n) <= class_of(more));
	size = class_size(class_of(n));
	claim(size >= n);
	claim(n <= CLASS_FINE_MAX ? size - n < CLASS_UNIT : (size - n) * 5 < size);
	/* The smallest class that suffices. */
	claim(class_size(class_of(n) - 1) < n);
}

void prove_class_of__nothing_and_too_much(size_t n)
{
	/* A rounding that wraps ends at the class that has no blocks. */
	assume(n == 0 || n > SIZE_MAX - (CLASS_UNIT - 1));
	claim(class_of_fine(n) == 0);
}

void prove_class_size(size_t class, size_t higher)
{
	assume(class >= 1 && class < CLASSES && higher > class && higher < CLASSES);
	claim(class_size(class) < class_size(higher));
	claim(class_size(class) % CLASS_UNIT == 0 && class_size(class) <= CLASS_MAX);
	claim(class_of(class_size(class)) == class);
	claim(class_size(CLASSES - 1) == CLASS_MAX);
}
