/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A text that is put together piece by piece, without a C library: sentences, and states as JSON.
 */
#ifndef DOCS_EXPLORER_TEXT_H
#define DOCS_EXPLORER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* What does not fit is left out, and `is_full` tells. */
struct text {
	char *bytes;
	size_t room; /* the closing zero included */
	size_t length;
	bool is_full;
};

/* An empty text in so many bytes. */
void text_begin(struct text *text, char *bytes, size_t room);

void text_add(struct text *text, const char *piece);
void text_add_char(struct text *text, char c);
void text_add_number(struct text *text, size_t n);

/* Adds the pattern, with each %s, %c and %z in it replaced by the next argument: a string, a char, a size_t. */
void text_format(struct text *text, const char *pattern, ...);

/* "3 bytes", "1 block": the noun gets an s unless there is one. */
void text_count(struct text *text, size_t n, const char *noun);

#endif
