/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing the form of the CMU malloc lab: see rep.h.
 */
#include "framework/trace/rep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "framework/trace/idmap.h"

enum { LINE_MOST = 64 }; /* two numbers of 20 digits, and what stands between them */

/* Of a block, by the number that idmap has for its ID. */
struct block {
	uint64_t serial;
	size_t size;
	uint32_t next_free;
};

struct rep {
	struct sink ops;
	struct idmap ids;
	struct block *blocks;
	uint32_t count, room, first_free;
	uint64_t serial, written, live_bytes, peak_bytes;
};

struct rep *rep_begin(enum osm_trace_packing packing, const char **reason)
{
	struct rep *rep = calloc(1, sizeof *rep);

	if (rep && sink_open(&rep->ops, NULL, packing)) {
		rep->first_free = IDMAP_NONE;
		return rep;
	}
	*reason = rep ? rep->ops.failure : strerror(ENOMEM);
	free(rep);
	return NULL;
}

static bool blocks_reserve(struct rep *rep)
{
	if (rep->count < rep->room)
		return true;
	if (rep->room > UINT32_MAX / 2)
		return false;
	uint32_t room = rep->room ? 2 * rep->room : 256;
	struct block *larger = realloc(rep->blocks, room * sizeof *larger);
	if (!larger)
		return false;
	rep->blocks = larger;
	rep->room = room;
	return true;
}

/* NULL: no memory. */
static struct block *block_add(struct rep *rep, uint64_t id)
{
	uint32_t at = rep->first_free;

	if (at == IDMAP_NONE && !blocks_reserve(rep))
		return NULL;
	if (at == IDMAP_NONE)
		at = rep->count;
	if (!idmap_add(&rep->ids, id, at))
		return NULL;
	if (at == rep->count)
		rep->count++;
	else
		rep->first_free = rep->blocks[at].next_free;
	rep->blocks[at] = (struct block){.serial = rep->serial++};
	return &rep->blocks[at];
}

static const char *begin_block(struct rep *rep, const struct osm_trace_op *op, struct block **block)
{
	if (idmap_find(&rep->ids, op->id) != IDMAP_NONE)
		return "an allocation of a block that is live";
	*block = block_add(rep, op->id);
	return *block ? NULL : strerror(ENOMEM);
}

static const char *find_block(struct rep *rep, const struct osm_trace_op *op, struct block **block)
{
	uint32_t at = idmap_find(&rep->ids, op->id);

	if (at == IDMAP_NONE)
		return "a block that is not live";
	*block = &rep->blocks[at];
	if (op->kind == OSM_TRACE_FREE) {
		(*block)->next_free = rep->first_free;
		rep->first_free = at;
		idmap_remove(&rep->ids, op->id);
	} else if (op->id_after != op->id) {
		if (idmap_find(&rep->ids, op->id_after) != IDMAP_NONE)
			return "a block that moves to a name that is live";
		idmap_remove(&rep->ids, op->id);
		if (!idmap_add(&rep->ids, op->id_after, at))
			return strerror(ENOMEM);
	}
	return NULL;
}

const char *rep_write(struct rep *rep, const struct osm_trace_op *op)
{
	bool goes_on = op->kind == OSM_TRACE_REALLOC || op->kind == OSM_TRACE_FREE;
	struct block *block = NULL;
	const char *wrong = goes_on ? find_block(rep, op, &block) : begin_block(rep, op, &block);

	if (wrong)
		return wrong;
	rep->live_bytes += op->size - block->size;
	if (rep->live_bytes > rep->peak_bytes)
		rep->peak_bytes = rep->live_bytes;
	block->size = op->size;
	rep->written++;
	char *line = (char *)sink_room(&rep->ops, LINE_MOST);
	if (!line)
		return rep->ops.failure;
	int n = op->kind == OSM_TRACE_FREE
	            ? snprintf(line, LINE_MOST, "f %" PRIu64 "\n", block->serial)
	            : snprintf(line, LINE_MOST, "%c %" PRIu64 " %zu\n", goes_on ? 'r' : 'a', block->serial, op->size);
	rep->ops.filled += (size_t)n;
	return NULL;
}

const char *rep_end(struct rep *rep, struct sink *sink)
{
	char head[2 * LINE_MOST];
	int n = snprintf(head, sizeof head, "1\n%" PRIu64 "\n%" PRIu64 "\n%" PRIu64 "\n", rep->serial, rep->written,
	                 rep->peak_bytes);

	return sink_write(sink, head, (size_t)n) && sink_append(sink, &rep->ops) ? NULL : sink->failure;
}

void rep_release(struct rep *rep)
{
	if (!rep)
		return;
	sink_abandon(&rep->ops);
	idmap_release(&rep->ids);
	free(rep->blocks);
	free(rep);
}
