/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a trace: it is refused with a reason, or what was read is a trace whose operations make sense.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz.h"

#include <osmem/trace.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

/* A few compressed bytes can be a long trace. */
enum { OPS_MAX = 1 << 20 };

struct lives {
	bool *live; /* by slot */
	size_t room;
};

static bool *life_of(struct lives *lives, uint32_t slot)
{
	if (slot >= lives->room) {
		size_t room = 2 * (size_t)slot + 64;

		lives->live = realloc(lives->live, room * sizeof *lives->live);
		REQUIRE(lives->live);
		memset(lives->live + lives->room, 0, (room - lives->room) * sizeof *lives->live);
		lives->room = room;
	}
	return &lives->live[slot];
}

/* Each slot is live exactly from its allocation to its free. */
static void require_sense(struct osm_trace_reader *trace)
{
	const struct osm_trace_summary *totals = osm_trace_totals(trace);
	struct lives lives = {0};
	struct osm_trace_op op;
	size_t ops = 0, blocks = 0;
	enum osm_trace_next next = OSM_TRACE_OP;

	while (ops < OPS_MAX && (next = osm_trace_next(trace, &op)) == OSM_TRACE_OP) {
		bool begins = op.kind != OSM_TRACE_REALLOC && op.kind != OSM_TRACE_FREE;
		bool *live = life_of(&lives, op.slot);

		REQUIRE(op.kind <= OSM_TRACE_FREE && op.slot < totals->slots);
		REQUIRE(*live == !begins);
		REQUIRE(op.kind != OSM_TRACE_FREE || op.size == 0);
		REQUIRE(op.kind != OSM_TRACE_ALIGNED || (op.align && (op.align & (op.align - 1)) == 0));
		*live = op.kind != OSM_TRACE_FREE;
		blocks += begins;
		ops++;
	}
	REQUIRE(ops == totals->ops && blocks == totals->blocks);
	REQUIRE(next != OSM_TRACE_STRAY);
	if (next == OSM_TRACE_BAD)
		REQUIRE(osm_trace_failure(trace)->reason[0]);
	free(lives.live);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char path[64];
	struct osm_trace_error error = {0};
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct osm_trace_reader *trace;

	REQUIRE(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	trace = osm_trace_open(path, &error);
	if (trace)
		require_sense(trace);
	else
		REQUIRE(error.reason[0] && memchr(error.reason, '\0', sizeof error.reason));
	osm_trace_close(trace);
	close(fd);
	return 0;
}
