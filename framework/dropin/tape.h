/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that grows while a process runs, and that is whole whatever ends it: it is written through a shared mapping, so
 * what is written stays after kill and exec. Behind its end stand zero bytes, which a trace's reader passes over.
 *
 * No descriptor stays open: programs close what they do not know, and use the numbers for files of their own.
 */
#ifndef OSMEM_DROPIN_TAPE_H
#define OSMEM_DROPIN_TAPE_H

#include <stdbool.h>
#include <stddef.h>

enum { TAPE_WINDOW = 1 << 20, TAPE_NAME = 1024 };

struct tape {
	char path[TAPE_NAME];
	unsigned char *window; /* NULL: there is no file */
	size_t window_bytes;   /* mapped */
	size_t filled;         /* of the window */
	size_t before;         /* bytes of the file before the window */
};

/* A new file; %p in the name becomes the process's number, and one that is there gives way to NAME.1 and so on then.
 * NULL, or what is wrong. */
const char *tape_begin(struct tape *tape, const char *name);
/* Bytes behind the others, the first one last: a process that is killed meanwhile leaves a zero there. False: the file
 * takes no more, and is closed; `cut` is its last byte, whose place is always free. */
bool tape_write(struct tape *tape, const unsigned char *bytes, size_t n, unsigned char cut);
/* Cut what is empty; tape_write goes on to work. */
void tape_trim(struct tape *tape);
/* In a forked child: the file is the parent's. */
void tape_drop(struct tape *tape);

#endif
