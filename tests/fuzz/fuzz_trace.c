/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a trace: it is refused with a reason, or what was read is a trace whose operations make sense.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/trace.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

/* Each slot is live exactly from its allocation to its free. */
static void require_sense(const struct trace *trace)
{
	bool *live = calloc(trace->slots + 1, sizeof *live);
	size_t blocks = 0;

	REQUIRE(live);
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_op *op = &trace->ops[i];
		bool begins = op->kind != TRACE_REALLOC && op->kind != TRACE_FREE;

		REQUIRE(op->slot < trace->slots && op->kind <= TRACE_FREE);
		REQUIRE(live[op->slot] == !begins);
		REQUIRE(op->kind != TRACE_FREE || op->size == 0);
		REQUIRE(op->align_shift < 64);
		live[op->slot] = op->kind != TRACE_FREE;
		blocks += begins;
	}
	REQUIRE(blocks == trace->blocks);
	free(live);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char path[64];
	struct trace trace;
	struct trace_error error = {0, ""};
	int fd = memfd_create("trace", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (trace_load(&trace, path, &error)) {
		require_sense(&trace);
		trace_release(&trace);
	} else {
		REQUIRE(error.reason[0] && memchr(error.reason, '\0', sizeof error.reason));
	}
	close(fd);
	return 0;
}
