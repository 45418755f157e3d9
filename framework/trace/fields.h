/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A text read as lines of fields through a buffer of fixed size.
 *
 * Fields are parted by spaces and tabs. A # begins a comment that ends with the line. Lines that are blank without their
 * comment are skipped. Lines and comments may have any length, what is kept of the fields has a limit. What is not
 * printable ASCII is kept as ?, so that a field can be shown in a message.
 */
#ifndef OSMEM_TRACE_FIELDS_H
#define OSMEM_TRACE_FIELDS_H

#include "framework/trace/source.h"

/* Fields of a line that are kept, the rest is counted; and their bytes together, each with a zero byte. */
enum { FIELDS_MAX = 6, FIELDS_BYTES = 4200 };

struct fields {
	struct source *in;
	uint64_t line;                 /* the present line's number, from 1 */
	uint64_t line_next;            /* the number of the line that is read next */
	size_t count;                  /* its fields, perhaps more than are kept */
	const char *field[FIELDS_MAX]; /* its first fields */
	size_t filled;
	bool is_cut; /* they were longer than what is kept, so that a field is not what it was */
	char text[FIELDS_BYTES];
};

void fields_begin(struct fields *fields, struct source *in);
/* Go on to the next line that has a field; false at the end of the file, or if it could not be read so far. */
bool fields_next(struct fields *fields);

#endif
