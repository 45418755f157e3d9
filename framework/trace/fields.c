/* SPDX-License-Identifier: BSD-3-Clause */
/* A text, read as lines of fields: see fields.h. */
#include "framework/trace/fields.h"

static bool is_blank(int byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool ends_field(int byte)
{
	return byte <= '#' && (is_blank(byte) || byte == '\n' || byte == '#' || byte < 0);
}

static void field_keep(struct fields *fields, int byte)
{
	if (fields->filled < FIELDS_BYTES - FIELDS_MAX)
		fields->text[fields->filled++] = byte > ' ' && byte < 0x7f ? (char)byte : '?';
	else
		fields->is_cut = true;
}

static void field_read(struct fields *fields)
{
	bool is_kept = fields->count < FIELDS_MAX;
	size_t begin = fields->filled;

	for (int byte = source_peek(fields->in); !ends_field(byte); byte = source_peek(fields->in)) {
		if (is_kept)
			field_keep(fields, byte);
		fields->in->at++;
	}
	if (is_kept) {
		fields->field[fields->count] = fields->text + begin;
		fields->text[fields->filled++] = '\0';
	}
	fields->count++;
}

static void comment_skip(struct source *in)
{
	for (int byte = source_peek(in); byte != '\n' && byte >= 0; byte = source_peek(in))
		in->at++;
}

void fields_begin(struct fields *fields, struct source *in)
{
	fields->in = in;
	fields->line = 0;
	fields->line_next = 1;
	fields->count = 0;
}

bool fields_next(struct fields *fields)
{
	struct source *in = fields->in;

	fields->count = 0;
	fields->filled = 0;
	fields->is_cut = false;
	fields->line = fields->line_next;
	for (;;) {
		int byte = source_peek(in);
		if (byte < 0)
			return !in->failure && fields->count > 0;
		if (byte == '\n') {
			in->at++;
			fields->line_next++;
			if (fields->count > 0)
				return true;
			fields->line = fields->line_next;
		} else if (byte == '#') {
			comment_skip(in);
		} else if (is_blank(byte)) {
			in->at++;
		} else {
			field_read(fields);
		}
	}
}
