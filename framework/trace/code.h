/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The binary form of a trace, for all who write it. The recorder does so inside malloc: nothing here allocates or calls.
 *
 *     89 4f 53 4d 54 01 0d 0a     "\x89OSMT", the version, and a line's end that damaging transfers change
 *     records                     up to the end of the file
 *
 * A record begins with a byte: CODE_RECORD, a tag in the low three bits, and for operations CODE_SITE when the call site
 * follows as the last number. Zero bytes between records mean nothing; a process that was killed leaves some. So does a
 * byte CODE_CUT: whoever recorded had to stop there. Numbers are unsigned, seven bits a byte, the lowest first, the high bit
 * set in all but the last (LEB128, DWARF 4, 7.6). IDs are written as their distance from the ID before them, folded so that
 * small distances of either sign are small numbers.
 *
 *     tag   record          numbers
 *     0     malloc          ID SIZE
 *     1     calloc          ID COUNT EACH
 *     2     aligned         ID LOG2-OF-ALIGN SIZE
 *     3     realloc         ID SIZE
 *     4     free            ID
 *     5     realloc, moved  ID SIZE ID-AFTER
 *     6     call site       LENGTH, then so many bytes of text
 *     7     mark            THREAD, NANOSECONDS since the mark before: of the operations from here on
 */
#ifndef OSMEM_TRACE_CODE_H
#define OSMEM_TRACE_CODE_H

#include <osmem/trace.h>

enum code_tag { CODE_ALLOC, CODE_CALLOC, CODE_ALIGNED, CODE_REALLOC, CODE_FREE, CODE_MOVE, CODE_NAME, CODE_MARK };

enum {
	CODE_CUT = 1,
	CODE_TAGS = 7,
	CODE_SITE = 8,
	CODE_RECORD = 16,
	CODE_HEAD = 8,          /* bytes at the beginning */
	CODE_MOST = 1 + 5 * 10, /* bytes of a record at most, without a site's text */
	CODE_NAME_MOST = 4000   /* of that text */
};

/* What the next record is written against. All zero at the beginning. */
struct code_state {
	uint64_t id, time;
	uint32_t thread;
};

static const unsigned char code_head[CODE_HEAD] = {0x89, 'O', 'S', 'M', 'T', 1, '\r', '\n'};

static inline unsigned char *code_number(unsigned char *at, uint64_t n)
{
	while (n >= 0x80) {
		*at++ = (unsigned char)(n | 0x80);
		n >>= 7;
	}
	*at++ = (unsigned char)n;
	return at;
}

/* Distances wrap round, so that any two IDs have one. */
static inline uint64_t code_fold(uint64_t distance)
{
	return distance << 1 ^ (distance >> 63 ? UINT64_MAX : 0);
}

static inline uint64_t code_unfold(uint64_t folded)
{
	return folded >> 1 ^ (folded & 1 ? UINT64_MAX : 0);
}

static inline unsigned char *code_id(unsigned char *at, struct code_state *state, uint64_t id)
{
	at = code_number(at, code_fold(id - state->id));
	state->id = id;
	return at;
}

/* The mark that stands before an operation whose thread or time is another one's; no bytes if neither is. */
static inline unsigned char *code_mark(unsigned char *at, struct code_state *state, uint32_t thread, uint64_t time)
{
	if (thread == state->thread && time == state->time)
		return at;
	*at++ = CODE_RECORD | CODE_MARK;
	at = code_number(at, thread);
	at = code_number(at, code_fold(time - state->time));
	state->thread = thread;
	state->time = time;
	return at;
}

/* An operation, in at most CODE_MOST bytes; returns the place behind them. */
static inline unsigned char *code_op(unsigned char *at, struct code_state *state, const struct osm_trace_op *op)
{
	unsigned char *tag = at++;

	*tag = (unsigned char)(CODE_RECORD | op->kind);
	at = code_id(at, state, op->id);
	switch (op->kind) {
	case OSM_TRACE_CALLOC:
		at = code_number(at, op->count);
		at = code_number(at, op->each);
		break;
	case OSM_TRACE_ALIGNED:
		at = code_number(at, (unsigned)__builtin_ctzll(op->align));
		at = code_number(at, op->size);
		break;
	case OSM_TRACE_REALLOC:
		at = code_number(at, op->size);
		if (op->id_after != op->id) {
			*tag = CODE_RECORD | CODE_MOVE;
			at = code_id(at, state, op->id_after);
		}
		break;
	case OSM_TRACE_ALLOC:
		at = code_number(at, op->size);
		break;
	case OSM_TRACE_FREE:
		break;
	}
	if (op->site) {
		*tag |= CODE_SITE;
		at = code_number(at, op->site);
	}
	return at;
}

#endif
