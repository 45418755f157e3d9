/* SPDX-License-Identifier: BSD-3-Clause */
/* A text file, plain or gzip, read as lines of fields: see fields.h. zlib reads plain files as they are. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/fields.h"

/* A cut gzip file reads like a short one until its end; only then zlib tells the difference. */
static const char *read_failure(gzFile file)
{
	int status;

	gzerror(file, &status);
	switch (status) {
	case Z_OK:
	case Z_STREAM_END:
		return NULL;
	case Z_BUF_ERROR:
		return "the compressed data ends early";
	case Z_ERRNO:
		return strerror(errno);
	case Z_MEM_ERROR:
		return strerror(ENOMEM);
	default:
		return "the compressed data is damaged";
	}
}

/* The next byte, left where it is; EOF at the end of the file or after a failure. */
static int byte_peek(struct fields *in)
{
	if (in->at == in->end) {
		int n = in->failure ? 0 : gzread(in->file, in->buffer, sizeof in->buffer);
		if (n <= 0) {
			in->failure = in->failure ? in->failure : read_failure(in->file);
			return EOF;
		}
		in->at = 0;
		in->end = (size_t)n;
	}
	return in->buffer[in->at];
}

static bool is_blank(int byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool ends_field(int byte)
{
	return is_blank(byte) || byte == '\n' || byte == '#' || byte == EOF;
}

static void field_read(struct fields *in)
{
	char *field = in->count < FIELDS_MAX ? in->field[in->count] : NULL;
	size_t length = 0;

	for (int byte = byte_peek(in); !ends_field(byte); byte = byte_peek(in)) {
		if (field && length < FIELD_BYTES - 1)
			field[length] = byte > ' ' && byte < 0x7f ? (char)byte : '?';
		length++;
		in->at++;
	}
	if (field && length >= FIELD_BYTES)
		memcpy(field + FIELD_BYTES - 4, "...", 4);
	else if (field)
		field[length] = '\0';
	in->count++;
}

static void comment_skip(struct fields *in)
{
	for (int byte = byte_peek(in); byte != '\n' && byte != EOF; byte = byte_peek(in))
		in->at++;
}

bool fields_open(struct fields *in, const char *path)
{
	*in = (struct fields){.line_next = 1};
	errno = ENOMEM; /* what it means if zlib fails without a system call */
	in->file = gzopen(path, "rb");
	return in->file != NULL;
}

bool fields_next(struct fields *in)
{
	in->count = 0;
	in->line = in->line_next;
	for (;;) {
		int byte = byte_peek(in);
		if (byte == EOF)
			return !in->failure && in->count > 0;
		if (byte == '\n') {
			in->at++;
			in->line_next++;
			if (in->count > 0)
				return true;
			in->line = in->line_next;
		} else if (byte == '#') {
			comment_skip(in);
		} else if (is_blank(byte)) {
			in->at++;
		} else {
			field_read(in);
		}
	}
}

void fields_close(struct fields *in)
{
	gzclose(in->file);
}
