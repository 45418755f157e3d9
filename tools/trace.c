/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recorded allocation traces: fields become operations, IDs become slots.
 *
 * A slot is a small number that a block has while it lives. The slot that was freed last is given out first, so that a
 * replay needs a table for the blocks that live at a time, not for all that ever lived.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fields.h"
#include "tools/idmap.h"
#include "tools/trace.h"

#define HEAD_NUMBERS 4

/* A line's shape: its letter, and what the numbers behind it are. */
struct form {
	char letter[2];
	enum trace_kind kind;
	size_t numbers;
	const char *names;
};

static const struct form forms[] = {
	{"a", TRACE_ALLOC, 2, "ID SIZE"},
	{"c", TRACE_CALLOC, 3, "ID COUNT SIZE"},
	{"m", TRACE_ALIGNED, 3, "ID ALIGN SIZE"},
	{"r", TRACE_REALLOC, 2, "ID SIZE"},
	{"f", TRACE_FREE, 1, "ID"},
};

/* What is known of a slot. */
struct slot {
	size_t size;        /* live: its bytes */
	size_t line;        /* live: where it was allocated */
	uint32_t next_free; /* free: the one that was freed before, or IDMAP_NONE */
};

struct loader {
	struct fields in;
	struct idmap ids;
	struct slot *slots;
	size_t slot_room;
	uint32_t first_free;
	size_t op_room;
	size_t head_count;
	size_t live_bytes;
	struct trace *trace;
	struct trace_error *error;
};

/* Says no, so that a caller can return it. */
__attribute__((format(printf, 2, 3))) static bool refuse(struct loader *loader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(loader->error->reason, sizeof loader->error->reason, format, arguments);
	va_end(arguments);
	loader->error->line = loader->in.line;
	return false;
}

/* Make room for one more entry behind `count`; entries of `bytes` each. */
static bool array_reserve(struct loader *loader, void **array, size_t *room, size_t count, size_t bytes)
{
	if (count < *room)
		return true;
	size_t more = *room ? 2 * *room : 256;
	void *larger = realloc(*array, more * bytes);
	if (!larger)
		return refuse(loader, "%s", strerror(ENOMEM));
	*array = larger;
	*room = more;
	return true;
}

static bool number_parse(struct loader *loader, const char *field, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	for (const char *digit = field; *digit; digit++) {
		if (*digit < '0' || *digit > '9')
			return refuse(loader, "not a number: '%s'", field);
		unsigned units = (unsigned)(*digit - '0');
		if (value > (max - units) / 10)
			return refuse(loader, "number out of range: '%s'", field);
		value = 10 * value + units;
	}
	*number = value;
	return true;
}

static bool slot_take(struct loader *loader, uint64_t id, uint32_t *slot)
{
	struct trace *trace = loader->trace;
	uint32_t live = idmap_find(&loader->ids, id);

	if (live != IDMAP_NONE)
		return refuse(loader, "block %" PRIu64 " is live already, since line %zu", id, loader->slots[live].line);
	if (loader->first_free != IDMAP_NONE) {
		*slot = loader->first_free;
		loader->first_free = loader->slots[*slot].next_free;
	} else {
		void *slots = loader->slots;
		if (trace->slots == IDMAP_NONE)
			return refuse(loader, "too many live blocks");
		if (!array_reserve(loader, &slots, &loader->slot_room, trace->slots, sizeof *loader->slots))
			return false;
		loader->slots = slots;
		*slot = trace->slots++;
	}
	loader->slots[*slot] = (struct slot){.line = loader->in.line};
	trace->blocks++;
	return idmap_add(&loader->ids, id, *slot) || refuse(loader, "%s", strerror(ENOMEM));
}

static void slot_give(struct loader *loader, uint64_t id, uint32_t slot)
{
	idmap_remove(&loader->ids, id);
	loader->slots[slot].next_free = loader->first_free;
	loader->first_free = slot;
}

/* The alignment and size that the numbers behind an operation's ID mean. */
static bool op_measure(struct loader *loader, struct trace_op *op, const uint64_t numbers[])
{
	switch ((enum trace_kind)op->kind) {
	case TRACE_ALLOC:
	case TRACE_REALLOC:
		op->size = (size_t)numbers[1];
		break;
	case TRACE_CALLOC:
		if (numbers[2] > 0 && numbers[1] > PTRDIFF_MAX / numbers[2])
			return refuse(loader, "COUNT times SIZE is out of range");
		op->size = (size_t)(numbers[1] * numbers[2]);
		break;
	case TRACE_ALIGNED:
		if (numbers[1] == 0 || (numbers[1] & (numbers[1] - 1)) != 0)
			return refuse(loader, "alignment %" PRIu64 " is not a power of two", numbers[1]);
		op->align_shift = (uint8_t)__builtin_ctzll(numbers[1]);
		op->size = (size_t)numbers[2];
		break;
	case TRACE_FREE:
		break;
	}
	return true;
}

/* Give the operation its slot and count the block's bytes. */
static bool op_bind(struct loader *loader, struct trace_op *op, uint64_t id)
{
	bool begins = op->kind != TRACE_REALLOC && op->kind != TRACE_FREE;

	if (begins && !slot_take(loader, id, &op->slot))
		return false;
	if (!begins) {
		op->slot = idmap_find(&loader->ids, id);
		if (op->slot == IDMAP_NONE)
			return refuse(loader, "block %" PRIu64 " is not live", id);
	}
	size_t others = loader->live_bytes - loader->slots[op->slot].size;
	if (op->size > PTRDIFF_MAX - others)
		return refuse(loader, "the live blocks' sizes add up to more than an address space");
	loader->live_bytes = others + op->size;
	loader->slots[op->slot].size = op->size;
	if (op->kind == TRACE_FREE)
		slot_give(loader, id, op->slot);
	return true;
}

static bool op_add(struct loader *loader, const struct trace_op *op)
{
	struct trace *trace = loader->trace;
	void *ops = trace->ops;

	if (!array_reserve(loader, &ops, &loader->op_room, trace->count, sizeof *op))
		return false;
	trace->ops = ops;
	trace->ops[trace->count++] = *op;
	if (op->kind != TRACE_FREE)
		trace->alloc_end = trace->count;
	if (loader->live_bytes > trace->peak_bytes) {
		trace->peak_bytes = loader->live_bytes;
		trace->peak_at = trace->count;
	}
	return true;
}

static bool op_parse(struct loader *loader, const struct form *form)
{
	struct fields *in = &loader->in;

	if (in->count != 1 + form->numbers) {
		return refuse(loader, "'%s' takes %s: %zu number%s expected, %zu found", form->letter, form->names,
		              form->numbers, form->numbers == 1 ? "" : "s", in->count - 1);
	}
	uint64_t numbers[3] = {0};
	for (size_t i = 0; i < form->numbers; i++)
		if (!number_parse(loader, in->field[1 + i], i == 0 ? UINT64_MAX : PTRDIFF_MAX, &numbers[i]))
			return false;
	struct trace_op op = {.kind = (uint8_t)form->kind};
	return op_measure(loader, &op, numbers) && op_bind(loader, &op, numbers[0]) && op_add(loader, &op);
}

/* The numbers at the head, one a line or several. */
static bool head_parse(struct loader *loader)
{
	if (loader->trace->count > 0)
		return refuse(loader, "a number where an operation is expected: '%s'", loader->in.field[0]);
	for (size_t i = 0; i < loader->in.count; i++) {
		if (++loader->head_count > HEAD_NUMBERS)
			return refuse(loader, "more than %d numbers before the first operation", HEAD_NUMBERS);
		uint64_t ignored;
		if (!number_parse(loader, loader->in.field[i], UINT64_MAX, &ignored))
			return false;
	}
	return true;
}

static bool line_parse(struct loader *loader)
{
	const char *first = loader->in.field[0];

	if (*first >= '0' && *first <= '9')
		return head_parse(loader);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(first, forms[i].letter) == 0)
			return op_parse(loader, &forms[i]);
	return refuse(loader, "unknown operation '%s'", first);
}

static bool lines_parse(struct loader *loader)
{
	while (fields_next(&loader->in))
		if (!line_parse(loader))
			return false;
	return !loader->in.failure || refuse(loader, "%s", loader->in.failure);
}

bool trace_load(struct trace *trace, const char *path, struct trace_error *error)
{
	struct loader loader = {.first_free = IDMAP_NONE, .trace = trace, .error = error};

	*trace = (struct trace){0};
	*error = (struct trace_error){0};
	if (!fields_open(&loader.in, path)) {
		snprintf(error->reason, sizeof error->reason, "%s", strerror(errno));
		return false;
	}
	bool loaded = lines_parse(&loader);
	fields_close(&loader.in);
	idmap_release(&loader.ids);
	free(loader.slots);
	if (!loaded)
		trace_release(trace);
	return loaded;
}

void trace_release(struct trace *trace)
{
	free(trace->ops);
	*trace = (struct trace){0};
}
