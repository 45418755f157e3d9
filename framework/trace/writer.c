/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing traces. The first failure stays, and is told at the end.
 */
#include "framework/trace/writer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "framework/trace/rep.h"

enum { LINE_MOST = 128 }; /* five numbers of 20 digits, what stands between them, and a site */

static bool fail(struct osm_trace_writer *writer, const char *reason)
{
	if (!writer->failure)
		writer->failure = reason;
	return false;
}

static bool ends_with(const char *text, size_t length, const char *ending)
{
	size_t n = strlen(ending);

	return length >= n && memcmp(text + length - n, ending, n) == 0;
}

void osm_trace_form_of(const char *path, enum osm_trace_form *form, enum osm_trace_packing *packing)
{
	size_t length = strlen(path);

	*packing = OSM_TRACE_PLAIN;
	if (ends_with(path, length, ".gz")) {
		*packing = OSM_TRACE_GZIP;
		length -= 3;
	} else if (ends_with(path, length, ".zst")) {
		*packing = OSM_TRACE_ZSTD;
		length -= 4;
	}
	*form = ends_with(path, length, ".rep")    ? OSM_TRACE_REP
	        : ends_with(path, length, ".osmt") ? OSM_TRACE_BINARY
	                                           : OSM_TRACE_TEXT;
}

struct osm_trace_writer *osm_trace_create(const char *path, enum osm_trace_form form, enum osm_trace_packing packing,
                                          struct osm_trace_error *error)
{
	struct osm_trace_writer *writer = calloc(1, sizeof *writer);
	const char *reason = writer ? NULL : strerror(ENOMEM);

	*error = (struct osm_trace_error){0};
	if (writer && !sink_open(&writer->sink, path, packing))
		reason = writer->sink.failure;
	if (!reason && form == OSM_TRACE_REP) {
		writer->rep = rep_begin(packing, &reason);
		if (!writer->rep)
			sink_abandon(&writer->sink);
	}
	if (reason) {
		snprintf(error->reason, sizeof error->reason, "%s", reason);
		free(writer);
		return NULL;
	}
	pthread_mutex_init(&writer->lock, NULL);
	writer->form = form;
	if (form == OSM_TRACE_BINARY)
		sink_write(&writer->sink, code_head, sizeof code_head);
	return writer;
}

/* ---- Text */

static unsigned char *put_number(unsigned char *at, uint64_t n)
{
	unsigned char digits[20];
	size_t count = 0;

	do
		digits[count++] = (unsigned char)('0' + n % 10);
	while ((n /= 10) > 0);
	*at++ = ' ';
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

static unsigned char *put_mark(unsigned char *at, struct code_state *state, const struct osm_trace_op *op)
{
	if (op->thread == state->thread && op->time == state->time)
		return at;
	*at++ = 't';
	at = put_number(put_number(at, op->thread), op->time);
	*at++ = '\n';
	state->thread = op->thread;
	state->time = op->time;
	return at;
}

static unsigned char *put_op(unsigned char *at, const struct osm_trace_op *op)
{
	*at++ = (unsigned char)"acmrf"[op->kind];
	at = put_number(at, op->id);
	if (op->kind == OSM_TRACE_CALLOC)
		at = put_number(put_number(at, op->count), op->each);
	else if (op->kind == OSM_TRACE_ALIGNED)
		at = put_number(put_number(at, op->align), op->size);
	else if (op->kind != OSM_TRACE_FREE)
		at = put_number(at, op->size);
	if (op->kind == OSM_TRACE_REALLOC && op->id_after != op->id)
		at = put_number(at, op->id_after);
	if (op->site) {
		unsigned char *before = at;
		at = put_number(at + 1, op->site);
		before[0] = ' ';
		before[1] = '@';
	}
	*at++ = '\n';
	return at;
}

/* ---- The calls */

/* Whether a reader would take it: a bad operation is better told by who writes it. */
static const char *op_judge(const struct osm_trace_writer *writer, const struct osm_trace_op *op)
{
	if ((unsigned)op->kind > OSM_TRACE_FREE)
		return "an operation of no known kind";
	if (op->kind == OSM_TRACE_ALIGNED && (op->align == 0 || (op->align & (op->align - 1)) != 0))
		return "an alignment that is no power of two";
	if (op->size > PTRDIFF_MAX || op->count > PTRDIFF_MAX || op->each > PTRDIFF_MAX)
		return "a size of more than PTRDIFF_MAX";
	if (op->site > writer->sites && writer->form != OSM_TRACE_REP)
		return "a call site without a name";
	return op->time < writer->state.time && writer->form != OSM_TRACE_REP ? "a time before the operation's before it"
	                                                                      : NULL;
}

bool osm_trace_write(struct osm_trace_writer *writer, const struct osm_trace_op *op)
{
	const char *wrong = op_judge(writer, op);

	if (!wrong && writer->rep)
		wrong = rep_write(writer->rep, op);
	if (wrong || writer->failure)
		return fail(writer, wrong);
	if (writer->rep)
		return true;
	bool is_text = writer->form == OSM_TRACE_TEXT;
	unsigned char *room = sink_room(&writer->sink, is_text ? 2 * LINE_MOST : 2 * CODE_MOST);
	if (!room)
		return false;
	unsigned char *at = is_text ? put_op(put_mark(room, &writer->state, op), op)
	                            : code_op(code_mark(room, &writer->state, op->thread, op->time), &writer->state, op);
	writer->sink.filled += (size_t)(at - room);
	return true;
}

/* Does a text tell itself what follows a per cent sign? */
static bool is_encoded(const unsigned char *byte)
{
	return isxdigit(byte[1]) && isxdigit(byte[2]);
}

/* Into printable ASCII; returns the length, which is more than the room if there is not enough. */
static size_t frames_encode(char *text, size_t room, const char *frames)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (const unsigned char *byte = (const unsigned char *)frames; *byte; byte++) {
		bool is_plain = *byte > ' ' && *byte < 0x7f && *byte != '#' && (*byte != '%' || is_encoded(byte));

		if (room - n < (is_plain ? 1 : 3))
			return room + 1;
		if (is_plain) {
			text[n++] = (char)*byte;
		} else {
			text[n++] = '%';
			text[n++] = digits[*byte >> 4];
			text[n++] = digits[*byte & 15];
		}
	}
	return n;
}

bool osm_trace_write_site(struct osm_trace_writer *writer, const char *frames)
{
	char text[CODE_NAME_MOST];
	size_t length = frames_encode(text, sizeof text, frames);
	unsigned char head[2 * LINE_MOST], *at = head;

	if (length == 0)
		return fail(writer, "a call site without a name");
	if (length > sizeof text)
		return fail(writer, "a call site of more than 4000 bytes");
	writer->sites++;
	if (writer->form == OSM_TRACE_REP)
		return !writer->failure;
	if (writer->form == OSM_TRACE_TEXT) {
		*at++ = 's';
		at = put_number(at, writer->sites);
		*at++ = ' ';
	} else {
		*at++ = CODE_RECORD | CODE_NAME;
		at = code_number(at, length);
	}
	return sink_write(&writer->sink, head, (size_t)(at - head)) && sink_write(&writer->sink, text, length) &&
	       (writer->form == OSM_TRACE_BINARY || sink_write(&writer->sink, "\n", 1));
}

static void writer_release(struct osm_trace_writer *writer)
{
	rep_release(writer->rep);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

bool osm_trace_finish(struct osm_trace_writer *writer, struct osm_trace_error *error)
{
	const char *reason = writer->failure;

	*error = (struct osm_trace_error){0};
	if (!reason && writer->rep)
		reason = rep_end(writer->rep, &writer->sink);
	if (reason)
		sink_abandon(&writer->sink);
	else if (!sink_finish(&writer->sink))
		reason = writer->sink.failure;
	if (reason)
		snprintf(error->reason, sizeof error->reason, "%s", reason);
	writer_release(writer);
	return !reason;
}

void osm_trace_abandon(struct osm_trace_writer *writer)
{
	if (!writer)
		return;
	sink_abandon(&writer->sink);
	writer_release(writer);
}
