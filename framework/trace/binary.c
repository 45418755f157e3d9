/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the binary form: see code.h.
 */
#include "framework/trace/reader.h"

#include <inttypes.h>

/* Less than 0: there is none, and that is noted. */
static int byte_read(struct osm_trace_reader *reader)
{
	int byte = source_peek(&reader->in);

	if (byte < 0)
		reader_refuse(reader, "%s", reader->in.failure ? reader->in.failure : "the trace ends within a record");
	else
		reader->in.at++;
	return byte;
}

static bool number_read(struct osm_trace_reader *reader, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;
	unsigned shift = 0;
	int byte;

	do {
		byte = byte_read(reader);
		if (byte < 0)
			return false;
		uint64_t bits = (uint64_t)byte & 0x7f;
		if (shift > 63 || bits << shift >> shift != bits)
			return reader_refuse(reader, "a number has more than 64 bits");
		value |= bits << shift;
		shift += 7;
	} while (byte & 0x80);
	*number = value;
	return value <= max || reader_refuse(reader, "number out of range: %" PRIu64, value);
}

static bool id_read(struct osm_trace_reader *reader, uint64_t *id)
{
	uint64_t folded;

	if (!number_read(reader, UINT64_MAX, &folded))
		return false;
	reader->state.id += code_unfold(folded);
	*id = reader->state.id;
	return true;
}

static bool size_read(struct osm_trace_reader *reader, size_t *size)
{
	uint64_t number;

	if (!number_read(reader, PTRDIFF_MAX, &number))
		return false;
	*size = (size_t)number;
	return true;
}

static bool align_read(struct osm_trace_reader *reader, size_t *align)
{
	uint64_t shift;

	if (!number_read(reader, 62, &shift))
		return false;
	*align = (size_t)1 << shift;
	return true;
}

static bool op_read(struct osm_trace_reader *reader, unsigned char tag, struct osm_trace_op *op)
{
	bool is_good = id_read(reader, &op->id);
	uint64_t site = 0;

	op->kind = (tag & CODE_TAGS) == CODE_MOVE ? OSM_TRACE_REALLOC : (enum osm_trace_kind)(tag & CODE_TAGS);
	op->id_after = op->id;
	if (op->kind == OSM_TRACE_CALLOC)
		is_good = is_good && size_read(reader, &op->count) && size_read(reader, &op->each);
	else if (op->kind == OSM_TRACE_ALIGNED)
		is_good = is_good && align_read(reader, &op->align) && size_read(reader, &op->size);
	else if (op->kind != OSM_TRACE_FREE)
		is_good = is_good && size_read(reader, &op->size);
	if ((tag & CODE_TAGS) == CODE_MOVE)
		is_good = is_good && id_read(reader, &op->id_after);
	if (tag & CODE_SITE)
		is_good = is_good && number_read(reader, UINT32_MAX, &site);
	op->site = (uint32_t)site;
	return is_good && reader_measure(reader, op);
}

static bool name_read(struct osm_trace_reader *reader)
{
	char text[CODE_NAME_MOST];
	uint64_t length;

	if (!number_read(reader, sizeof text, &length))
		return false;
	for (size_t i = 0; i < length; i++) {
		int byte = byte_read(reader);
		if (byte < 0)
			return false;
		if (byte <= ' ' || byte >= 0x7f || byte == '#')
			return reader_refuse(reader, "a call site with a byte that it cannot have");
		text[i] = (char)byte;
	}
	return length > 0 ? reader_name_site(reader, text, length) : reader_refuse(reader, "a call site without a name");
}

static bool mark_read(struct osm_trace_reader *reader)
{
	uint64_t thread, folded;

	return number_read(reader, UINT64_MAX, &thread) && number_read(reader, UINT64_MAX, &folded) &&
	       reader_mark(reader, thread, reader->state.time + code_unfold(folded));
}

enum osm_trace_next binary_next(struct osm_trace_reader *reader, struct osm_trace_op *op)
{
	while (source_peek(&reader->in) >= 0) {
		unsigned char tag = reader->in.piece[reader->in.at++];
		bool is_good;

		if (tag == 0 || tag == CODE_CUT)
			continue;
		if (!(tag & CODE_RECORD) || tag > (CODE_RECORD | CODE_SITE | CODE_MOVE))
			is_good = reader_refuse(reader, "unknown record %u", tag);
		else if ((tag & CODE_TAGS) == CODE_NAME)
			is_good = name_read(reader);
		else if ((tag & CODE_TAGS) == CODE_MARK)
			is_good = mark_read(reader);
		else
			return op_read(reader, tag, op) ? OSM_TRACE_OP : OSM_TRACE_BAD;
		if (!is_good)
			return OSM_TRACE_BAD;
	}
	return OSM_TRACE_END;
}
