/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading traces: operations find their blocks.
 *
 * A slot is a small number that a block has while it lives. The slot that was freed last is given out first, so that
 * tables are as long as the blocks that live at a time, not as those that ever lived.
 */
#include "framework/trace/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool reader_refuse(struct osm_trace_reader *reader, const char *format, ...)
{
	struct osm_trace_error *error = &reader->error;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->reason, sizeof error->reason, format, arguments);
	va_end(arguments);
	error->line = reader->is_binary ? 0 : reader->fields.line;
	error->byte = reader->is_binary ? source_offset(&reader->in) : 0;
	return false;
}

static bool out_of_memory(struct osm_trace_reader *reader)
{
	return reader_refuse(reader, "%s", strerror(ENOMEM));
}

/* Make room for one more entry behind `count`; entries of `bytes` each. */
static bool array_reserve(struct osm_trace_reader *reader, void **array, size_t *room, size_t count, size_t bytes)
{
	if (count < *room)
		return true;
	size_t more = *room ? 2 * *room : 256;
	void *larger = realloc(*array, more * bytes);
	if (!larger)
		return out_of_memory(reader);
	*array = larger;
	*room = more;
	return true;
}

/* ---- What forms hand over */

bool reader_measure(struct osm_trace_reader *reader, struct osm_trace_op *op)
{
	if (op->kind == OSM_TRACE_CALLOC) {
		if (op->each > 0 && op->count > PTRDIFF_MAX / op->each)
			return reader_refuse(reader, "COUNT times SIZE is out of range");
		op->size = op->count * op->each;
	}
	if (op->kind == OSM_TRACE_ALIGNED && (op->align == 0 || (op->align & (op->align - 1)) != 0))
		return reader_refuse(reader, "alignment %zu is not a power of two", op->align);
	if (op->site > reader->totals.sites)
		return reader_refuse(reader, "call site %" PRIu32 " has no name", op->site);
	return true;
}

bool reader_name_site(struct osm_trace_reader *reader, const char *text, size_t length)
{
	void *sites = reader->sites;

	if (reader->totals.sites == UINT32_MAX)
		return reader_refuse(reader, "too many call sites");
	if (!array_reserve(reader, &sites, &reader->site_room, reader->totals.sites, sizeof *reader->sites))
		return false;
	reader->sites = sites;
	char *copy = malloc(length + 1);
	if (!copy)
		return out_of_memory(reader);
	memcpy(copy, text, length);
	copy[length] = '\0';
	reader->sites[reader->totals.sites++] = copy;
	return true;
}

bool reader_mark(struct osm_trace_reader *reader, uint64_t thread, uint64_t time)
{
	if (thread > UINT32_MAX)
		return reader_refuse(reader, "thread %" PRIu64 " is out of range", thread);
	if (time < reader->state.time)
		return reader_refuse(reader, "time %" PRIu64 " lies before the mark's before it", time);
	reader->state.thread = (uint32_t)thread;
	reader->state.time = time;
	if (thread > reader->totals.threads)
		reader->totals.threads = (uint32_t)thread;
	return true;
}

/* ---- Blocks */

static uint64_t place(const struct osm_trace_reader *reader)
{
	return reader->is_binary ? source_offset(&reader->in) : reader->fields.line;
}

static bool refuse_dead(struct osm_trace_reader *reader, uint64_t id)
{
	reader->is_stray = true;
	return reader_refuse(reader, "block %" PRIu64 " is not live", id);
}

static bool refuse_live(struct osm_trace_reader *reader, uint64_t id, uint32_t slot)
{
	reader->is_stray = true;
	return reader_refuse(reader, "block %" PRIu64 " is live already, since %s %" PRIu64, id,
	                     reader->is_binary ? "byte" : "line", reader->slots[slot].birth);
}

static bool slot_take(struct osm_trace_reader *reader, uint64_t id, uint32_t *slot)
{
	struct osm_trace_summary *totals = &reader->totals;
	uint32_t live = idmap_find(&reader->ids, id);

	if (live != IDMAP_NONE)
		return refuse_live(reader, id, live);
	if (reader->first_free != IDMAP_NONE) {
		*slot = reader->first_free;
	} else {
		void *slots = reader->slots;
		if (totals->slots == IDMAP_NONE)
			return reader_refuse(reader, "too many live blocks");
		if (!array_reserve(reader, &slots, &reader->slot_room, totals->slots, sizeof *reader->slots))
			return false;
		reader->slots = slots;
		*slot = totals->slots;
	}
	if (!idmap_add(&reader->ids, id, *slot))
		return out_of_memory(reader);
	if (*slot == totals->slots)
		totals->slots++;
	else
		reader->first_free = reader->slots[*slot].next_free;
	reader->slots[*slot] = (struct slot){.birth = place(reader)};
	totals->blocks++;
	totals->live_blocks++;
	return true;
}

static void slot_give(struct osm_trace_reader *reader, uint64_t id, uint32_t slot)
{
	idmap_remove(&reader->ids, id);
	reader->slots[slot].next_free = reader->first_free;
	reader->first_free = slot;
	reader->totals.live_blocks--;
}

/* The block goes on under another name. */
static bool slot_rename(struct osm_trace_reader *reader, const struct osm_trace_op *op)
{
	uint32_t live = idmap_find(&reader->ids, op->id_after);

	if (live != IDMAP_NONE)
		return refuse_live(reader, op->id_after, live);
	idmap_remove(&reader->ids, op->id);
	return idmap_add(&reader->ids, op->id_after, op->slot) || out_of_memory(reader);
}

static bool bytes_count(struct osm_trace_reader *reader, const struct osm_trace_op *op)
{
	struct osm_trace_summary *totals = &reader->totals;
	uint64_t others = totals->live_bytes - reader->slots[op->slot].size;

	if (op->size > PTRDIFF_MAX - others)
		return reader_refuse(reader, "the live blocks' sizes add up to more than an address space");
	totals->live_bytes = others + op->size;
	reader->slots[op->slot].size = op->size;
	totals->ops++;
	if (op->kind != OSM_TRACE_FREE)
		totals->alloc_end = totals->ops;
	if (totals->live_bytes > totals->peak_bytes) {
		totals->peak_bytes = totals->live_bytes;
		totals->peak_at = totals->ops;
	}
	return true;
}

/* Give the operation its slot and count the block's bytes. */
static bool op_bind(struct osm_trace_reader *reader, struct osm_trace_op *op)
{
	if (op->kind == OSM_TRACE_REALLOC || op->kind == OSM_TRACE_FREE) {
		op->slot = idmap_find(&reader->ids, op->id);
		if (op->slot == IDMAP_NONE)
			return refuse_dead(reader, op->id);
	} else if (!slot_take(reader, op->id, &op->slot)) {
		return false;
	}
	if (op->id_after != op->id && !slot_rename(reader, op))
		return false;
	if (!bytes_count(reader, op))
		return false;
	if (op->kind == OSM_TRACE_FREE)
		slot_give(reader, op->id, op->slot);
	return true;
}

/* ---- The calls */

static void reader_release(struct osm_trace_reader *reader)
{
	for (uint32_t i = 0; i < reader->totals.sites; i++)
		free(reader->sites[i]);
	free(reader->sites);
	free(reader->slots);
	idmap_release(&reader->ids);
	source_close(&reader->in);
	free(reader);
}

/* Which form it is; a file that ends within the head is no trace. */
static bool form_find(struct osm_trace_reader *reader)
{
	int first = source_peek(&reader->in);

	reader->is_binary = first == code_head[0];
	for (size_t i = 0; reader->is_binary && i < sizeof code_head; i++, reader->in.at++)
		if (source_peek(&reader->in) != code_head[i]) {
			return reader_refuse(reader, "%s",
			                     reader->in.failure ? reader->in.failure
			                     : i == 5           ? "a binary trace of another version"
			                                        : "the head of a binary trace is damaged");
		}
	return true;
}

struct osm_trace_reader *osm_trace_open(const char *path, struct osm_trace_error *error)
{
	struct osm_trace_reader *reader = calloc(1, sizeof *reader);

	*error = (struct osm_trace_error){0};
	if (!reader || !source_open(&reader->in, path)) {
		snprintf(error->reason, sizeof error->reason, "%s", strerror(reader ? errno : ENOMEM));
		free(reader);
		return NULL;
	}
	reader->first_free = IDMAP_NONE;
	fields_begin(&reader->fields, &reader->in);
	if (form_find(reader))
		return reader;
	*error = reader->error;
	reader_release(reader);
	return NULL;
}

enum osm_trace_next osm_trace_next(struct osm_trace_reader *reader, struct osm_trace_op *op)
{
	if (reader->last != OSM_TRACE_OP)
		return reader->last;
	*op = (struct osm_trace_op){0};
	reader->last = reader->is_binary ? binary_next(reader, op) : text_next(reader, op);
	if (reader->last == OSM_TRACE_OP) {
		op->thread = reader->state.thread;
		op->time = reader->state.time;
		if (op->kind != OSM_TRACE_REALLOC)
			op->id_after = op->id;
		reader->is_stray = false;
		if (!op_bind(reader, op))
			reader->last = OSM_TRACE_BAD;
		if (reader->is_stray && reader->is_tolerant) {
			if (op->kind != OSM_TRACE_REALLOC)
				op->slot = IDMAP_NONE;
			reader->last = OSM_TRACE_OP;
			return OSM_TRACE_STRAY;
		}
	} else if (reader->last == OSM_TRACE_END && reader->in.failure) {
		reader->last = OSM_TRACE_BAD;
		reader_refuse(reader, "%s", reader->in.failure);
	}
	return reader->last;
}

void osm_trace_tolerate(struct osm_trace_reader *reader)
{
	reader->is_tolerant = true;
}

const struct osm_trace_error *osm_trace_failure(const struct osm_trace_reader *reader)
{
	return &reader->error;
}

const struct osm_trace_summary *osm_trace_totals(const struct osm_trace_reader *reader)
{
	return &reader->totals;
}

const char *osm_trace_site(const struct osm_trace_reader *reader, uint32_t site)
{
	return site > 0 && site <= reader->totals.sites ? reader->sites[site - 1] : NULL;
}

double osm_trace_progress(const struct osm_trace_reader *reader)
{
	const struct source *in = &reader->in;

	return in->file_bytes ? (double)in->read_bytes / (double)in->file_bytes : -1;
}

void osm_trace_close(struct osm_trace_reader *reader)
{
	if (reader)
		reader_release(reader);
}
