/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reader from inside: what the two forms fill in, and what they share. A form reads one operation after the other as it
 * stands there; reader.c finds its block.
 */
#ifndef OSMEM_TRACE_READER_H
#define OSMEM_TRACE_READER_H

#include <osmem/trace.h>

#include "framework/trace/code.h"
#include "framework/trace/fields.h"
#include "framework/trace/idmap.h"

/* What is known of a slot. */
struct slot {
	size_t size;        /* live: its bytes */
	uint64_t birth;     /* live: the line or the byte where it was allocated */
	uint32_t next_free; /* free: the one that was freed before, or IDMAP_NONE */
};

struct osm_trace_reader {
	struct osm_trace_summary totals;
	struct osm_trace_error error;
	enum osm_trace_next last; /* OSM_TRACE_OP: go on */
	bool is_binary;
	bool is_tolerant;        /* strays are handed out */
	bool is_stray;           /* the present operation is one */
	size_t head_count;       /* text: numbers before the first operation */
	struct code_state state; /* thread and time of the next operation; binary: the ID before */
	struct idmap ids;
	struct slot *slots;
	size_t slot_room;
	uint32_t first_free;
	char **sites;
	size_t site_room;
	struct source in;
	struct fields fields; /* text */
};

/* The next operation of the form, its block not looked for. */
enum osm_trace_next text_next(struct osm_trace_reader *reader, struct osm_trace_op *op);
enum osm_trace_next binary_next(struct osm_trace_reader *reader, struct osm_trace_op *op);

/* Note what is wrong with the present line or byte. Says no, so that a caller can return it. */
__attribute__((format(printf, 2, 3))) bool reader_refuse(struct osm_trace_reader *reader, const char *format, ...);
/* Set the sizes that an operation's numbers mean, and judge them. */
bool reader_measure(struct osm_trace_reader *reader, struct osm_trace_op *op);
/* The next call site is this one; the text is copied. */
bool reader_name_site(struct osm_trace_reader *reader, const char *text, size_t length);
/* From here on. */
bool reader_mark(struct osm_trace_reader *reader, uint64_t thread, uint64_t time);

#endif
