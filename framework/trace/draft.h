/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that comes into being: whoever finds it by its name finds it whole. Until then its bytes lie beside it, in
 * PATH.part, or PATH.part-1 and so on if there is a file of that name, which is another's.
 *
 * A symbolic link stays, and what it leads to is written. What is there and no regular file, such as a pipe or a device,
 * has no part: it stays what it is, and the bytes go straight to it.
 */
#ifndef OSMEM_TRACE_DRAFT_H
#define OSMEM_TRACE_DRAFT_H

#include <stdbool.h>

struct draft {
	char *path, *part; /* NULL: there is no part */
};

/* A descriptor to write to, for the caller to close; -1: errno tells why, and there is nothing to keep or drop. */
int draft_open(struct draft *draft, const char *path);
/* All is written and the descriptor closed: give the file its name. False: errno tells why, and there is no file. */
bool draft_keep(struct draft *draft);
/* Throw away what was written. */
void draft_drop(struct draft *draft);

#endif
