/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The notation for what a program does to a heap: words between blanks.
 *
 *     a100      a becomes a block of 100 bytes
 *     a100@64   aligned to 64
 *     ca100     zeroed, as calloc does
 *     ra200     a is resized to 200 bytes
 *     fa        and freed
 *     refuse    from here on the backend refuses every call
 *     serve     from here on it serves them again
 *
 * A name is a small letter, and perhaps one or two capitals behind it: a, b, aB, zQX.
 */
#ifndef DOCS_EXPLORER_SCRIPT_H
#define DOCS_EXPLORER_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum script_call { SCRIPT_ALLOC, SCRIPT_CALLOC, SCRIPT_RESIZE, SCRIPT_FREE, SCRIPT_REFUSE, SCRIPT_SERVE };

/* As many as there are names. */
#define SCRIPT_NAMES (26 * 27 * 27)

struct script_op {
	enum script_call call;
	unsigned name; /* below SCRIPT_NAMES */
	size_t n;      /* bytes */
	size_t align;  /* 1 if none was given */
};

/* The next operation, and the cursor behind it. False at the end, and where a word is none: then the cursor is there. */
bool script_next(const char **cursor, struct script_op *op);

/* The name as text, with a closing zero. */
void script_name(unsigned name, char text[4]);

#endif
