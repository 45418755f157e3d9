/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the text form: a line is an operation, a mark or a call site's name.
 */
#include "framework/trace/reader.h"

#include <inttypes.h>
#include <string.h>

enum { HEAD_NUMBERS = 4 };

/* A line's shape: its letter, and what the numbers behind it are. */
struct shape {
	char letter[2];
	enum osm_trace_kind kind;
	size_t numbers;
	const char *names;
};

static const struct shape shapes[] = {
	{"a", OSM_TRACE_ALLOC, 2, "ID SIZE"},
	{"c", OSM_TRACE_CALLOC, 3, "ID COUNT SIZE"},
	{"m", OSM_TRACE_ALIGNED, 3, "ID ALIGN SIZE"},
	{"r", OSM_TRACE_REALLOC, 2, "ID SIZE"},
	{"f", OSM_TRACE_FREE, 1, "ID"},
};

/* A field as a message shows it: a long one is cut. */
struct shown {
	char s[40];
};

static struct shown show(const char *field)
{
	struct shown shown = {0};
	size_t length = strlen(field);

	if (length < sizeof shown.s)
		memcpy(shown.s, field, length);
	else
		memcpy(memcpy(shown.s, field, sizeof shown.s - 4) + sizeof shown.s - 4, "...", 3);
	return shown;
}

static bool number_parse(struct osm_trace_reader *reader, const char *field, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	if (!*field)
		return reader_refuse(reader, "a number is missing");
	for (const char *digit = field; *digit; digit++) {
		if (*digit < '0' || *digit > '9')
			return reader_refuse(reader, "not a number: '%s'", show(field).s);
		unsigned units = (unsigned)(*digit - '0');
		if (value > (max - units) / 10)
			return reader_refuse(reader, "number out of range: '%s'", show(field).s);
		value = 10 * value + units;
	}
	*number = value;
	return true;
}

/* Behind the numbers: of realloc perhaps the ID afterwards, of all perhaps @SITE. */
static bool rest_parse(struct osm_trace_reader *reader, const struct shape *shape, struct osm_trace_op *op)
{
	struct fields *in = &reader->fields;
	size_t at = 1 + shape->numbers;
	uint64_t number;

	op->id_after = op->id;
	if (op->kind == OSM_TRACE_REALLOC && at < in->count && *in->field[at] != '@')
		if (!number_parse(reader, in->field[at++], UINT64_MAX, &op->id_after))
			return false;
	if (at < in->count) {
		if (!number_parse(reader, in->field[at] + 1, UINT32_MAX, &number))
			return false;
		op->site = (uint32_t)number;
	}
	return true;
}

/* The fields that an operation may have: its numbers, and what may stand behind them. */
static bool fields_fit(const struct fields *in, const struct shape *shape)
{
	size_t more = in->count > 1 + shape->numbers ? in->count - 1 - shape->numbers : 0;
	bool has_site = in->count <= FIELDS_MAX && *in->field[in->count - 1] == '@';

	if (in->count < 1 + shape->numbers + has_site)
		return false;
	return more - has_site == 0 || (more - has_site == 1 && shape->kind == OSM_TRACE_REALLOC);
}

static bool op_parse(struct osm_trace_reader *reader, const struct shape *shape, struct osm_trace_op *op)
{
	struct fields *in = &reader->fields;
	uint64_t numbers[3] = {0};

	if (!fields_fit(in, shape)) {
		return reader_refuse(reader, "'%s' takes %s: %zu number%s expected, %zu found", shape->letter, shape->names,
		                     shape->numbers, shape->numbers == 1 ? "" : "s", in->count - 1);
	}
	for (size_t i = 0; i < shape->numbers; i++)
		if (!number_parse(reader, in->field[1 + i], i == 0 ? UINT64_MAX : PTRDIFF_MAX, &numbers[i]))
			return false;
	op->kind = shape->kind;
	op->id = numbers[0];
	if (op->kind == OSM_TRACE_CALLOC) {
		op->count = (size_t)numbers[1];
		op->each = (size_t)numbers[2];
	} else if (op->kind == OSM_TRACE_ALIGNED) {
		op->align = (size_t)numbers[1];
		op->size = (size_t)numbers[2];
	} else {
		op->size = (size_t)numbers[1];
	}
	return rest_parse(reader, shape, op) && reader_measure(reader, op);
}

/* The numbers at the head, one a line or several. */
static bool head_parse(struct osm_trace_reader *reader)
{
	struct fields *in = &reader->fields;
	uint64_t ignored;

	if (reader->totals.ops > 0)
		return reader_refuse(reader, "a number where an operation is expected: '%s'", show(in->field[0]).s);
	for (size_t i = 0; i < in->count; i++) {
		if (++reader->head_count > HEAD_NUMBERS)
			return reader_refuse(reader, "more than %d numbers before the first operation", HEAD_NUMBERS);
		if (!number_parse(reader, in->field[i], UINT64_MAX, &ignored))
			return false;
	}
	return true;
}

static bool mark_parse(struct osm_trace_reader *reader)
{
	struct fields *in = &reader->fields;
	uint64_t thread, time;

	if (in->count != 3)
		return reader_refuse(reader, "'t' takes THREAD TIME: 2 numbers expected, %zu found", in->count - 1);
	return number_parse(reader, in->field[1], UINT64_MAX, &thread) &&
	       number_parse(reader, in->field[2], UINT64_MAX, &time) && reader_mark(reader, thread, time);
}

static bool site_parse(struct osm_trace_reader *reader)
{
	struct fields *in = &reader->fields;
	uint64_t number;

	if (in->count != 3)
		return reader_refuse(reader, "'s' takes SITE FRAMES: 2 fields expected, %zu found", in->count - 1);
	if (!number_parse(reader, in->field[1], UINT32_MAX, &number))
		return false;
	if (number != (uint64_t)reader->totals.sites + 1)
		return reader_refuse(reader, "call site %" PRIu32 " is next, not %" PRIu64, reader->totals.sites + 1, number);
	if (in->is_cut || strlen(in->field[2]) > CODE_NAME_MOST)
		return reader_refuse(reader, "a call site has more than %d bytes", CODE_NAME_MOST);
	return reader_name_site(reader, in->field[2], strlen(in->field[2]));
}

/* What a line is that is no operation. */
static bool line_parse(struct osm_trace_reader *reader)
{
	const char *first = reader->fields.field[0];

	if (*first >= '0' && *first <= '9')
		return head_parse(reader);
	if (strcmp(first, "t") == 0)
		return mark_parse(reader);
	if (strcmp(first, "s") == 0)
		return site_parse(reader);
	return reader_refuse(reader, "unknown operation '%s'", show(first).s);
}

static const struct shape *shape_find(const char *letter)
{
	for (size_t i = 0; letter[1] == '\0' && i < sizeof shapes / sizeof *shapes; i++)
		if (*letter == *shapes[i].letter)
			return &shapes[i];
	return NULL;
}

/* A field that is cut would be read as another one. A call site's name has a limit and a message of its own. */
static bool line_judge(struct osm_trace_reader *reader)
{
	const struct fields *in = &reader->fields;

	return !in->is_cut || strcmp(in->field[0], "s") == 0 || reader_refuse(reader, "the line's fields are too long");
}

enum osm_trace_next text_next(struct osm_trace_reader *reader, struct osm_trace_op *op)
{
	while (fields_next(&reader->fields)) {
		const struct shape *shape = shape_find(reader->fields.field[0]);
		bool is_good = line_judge(reader) && (shape ? op_parse(reader, shape, op) : line_parse(reader));

		if (!is_good)
			return OSM_TRACE_BAD;
		if (shape)
			return OSM_TRACE_OP;
	}
	return OSM_TRACE_END;
}
