/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace from file to file: see copy.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/copy.h"

/* Operations between looks at the clock and at Ctrl-C; names that were given up. */
enum { LOOK_EVERY = 4096, RECENT = 1 << 16 };

/* A name that a free or a realloc that moved its block gave up not long ago, by a hash of it. */
struct grave {
	uint64_t id, serial;
	bool is_filled;
};

struct copy {
	const char *from, *to;
	enum osm_trace_form form;
	struct osm_trace_reader *reader;
	struct osm_trace_writer *writer;
	uint32_t sites;    /* named so far */
	uint64_t *serials; /* renumbering: by slot */
	uint32_t room;
	uint64_t blocks;
	struct grave *graves; /* COPY_RECORDED */
};

static bool sites_write(struct copy *copy)
{
	uint32_t known = osm_trace_totals(copy->reader)->sites;

	while (copy->sites < known)
		if (!osm_trace_write_site(copy->writer, osm_trace_site(copy->reader, ++copy->sites)))
			return false;
	return true;
}

static size_t hash(uint64_t id)
{
	return (size_t)((id * 0x9e3779b97f4a7c15u) >> 48);
}

/* A name that was given up keeps its number; what never was a block gets one that no block has. */
static void stray_renumber(struct copy *copy, struct osm_trace_op *op)
{
	const struct grave *grave = &copy->graves[hash(op->id)];

	op->id = op->id_after = grave->is_filled && grave->id == op->id ? grave->serial : copy->blocks++;
}

static bool op_renumber(struct copy *copy, struct osm_trace_op *op)
{
	if (op->slot >= copy->room) {
		uint32_t room = copy->room ? 2 * copy->room : 1024;
		uint64_t *larger = realloc(copy->serials, room * sizeof *larger);
		if (!larger)
			return false;
		copy->serials = larger;
		copy->room = room;
	}
	if (op->kind != OSM_TRACE_REALLOC && op->kind != OSM_TRACE_FREE)
		copy->serials[op->slot] = copy->blocks++;
	uint64_t serial = copy->serials[op->slot];
	bool is_moved = copy->graves && op->id_after != op->id;
	if (copy->graves && (is_moved || op->kind == OSM_TRACE_FREE))
		copy->graves[hash(op->id)] = (struct grave){op->id, serial, true};
	if (is_moved)
		copy->serials[op->slot] = copy->blocks++;
	op->id = serial;
	op->id_after = copy->serials[op->slot];
	return true;
}

static int fail_writing(struct copy *copy)
{
	struct osm_trace_error error;

	osm_trace_finish(copy->writer, &error);
	cli_complain("%s: %s", copy->to, error.reason);
	return CLI_FAILED;
}

static int fail_memory(struct copy *copy)
{
	osm_trace_abandon(copy->writer);
	cli_complain("%s: %s", copy->from, strerror(ENOMEM));
	return CLI_FAILED;
}

/* All operations; the writer is gone unless this returns CLI_OK. */
static int ops_copy(struct copy *copy, enum copy_names names, struct copy_result *result)
{
	struct osm_trace_op op;
	enum osm_trace_next found;
	uint64_t n = 0;

	while ((found = osm_trace_next(copy->reader, &op)) == OSM_TRACE_OP || found == OSM_TRACE_STRAY) {
		if (++n % LOOK_EVERY == 0)
			cli_progress(copy->from, "reading", copy->reader);
		if (cli_interrupted) {
			osm_trace_abandon(copy->writer);
			return CLI_INTERRUPTED;
		}
		if (found == OSM_TRACE_STRAY) {
			result->strays++;
			if (copy->form == OSM_TRACE_REP)
				continue; /* it has blocks only */
			stray_renumber(copy, &op);
		} else if (names != COPY_SAME && !op_renumber(copy, &op)) {
			return fail_memory(copy);
		}
		if (!sites_write(copy) || !osm_trace_write(copy->writer, &op))
			return fail_writing(copy);
	}
	if (found == OSM_TRACE_END)
		return sites_write(copy) ? CLI_OK : fail_writing(copy);
	osm_trace_abandon(copy->writer);
	return cli_bad_trace(copy->from, osm_trace_failure(copy->reader));
}

/* The writer is gone unless this returns CLI_OK. */
static int copy_with(struct copy *copy, enum copy_names names, struct copy_result *result)
{
	if (names == COPY_RECORDED) {
		osm_trace_tolerate(copy->reader);
		copy->graves = calloc(RECENT, sizeof *copy->graves);
		if (!copy->graves)
			return fail_memory(copy);
	}
	return ops_copy(copy, names, result);
}

int copy_trace(const char *from, const char *to, enum osm_trace_form form, enum osm_trace_packing packing,
               enum copy_names names, struct copy_result *result)
{
	struct copy copy = {.from = from, .to = to, .form = form};
	struct osm_trace_error error;

	copy.reader = osm_trace_open(from, &error);
	if (!copy.reader)
		return cli_bad_trace(from, &error);
	copy.writer = osm_trace_create(to, form, packing, &error);
	if (!copy.writer) {
		osm_trace_close(copy.reader);
		cli_complain("%s: %s", to, error.reason);
		return CLI_FAILED;
	}
	*result = (struct copy_result){0};
	int status = copy_with(&copy, names, result);
	if (status == CLI_OK && !osm_trace_finish(copy.writer, &error)) {
		cli_complain("%s: %s", to, error.reason);
		status = CLI_FAILED;
	}
	result->totals = *osm_trace_totals(copy.reader);
	osm_trace_close(copy.reader);
	free(copy.serials);
	free(copy.graves);
	return status;
}
