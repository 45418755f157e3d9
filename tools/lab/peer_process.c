/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process that measures another malloc: see peer.h. It allocates nothing itself: what it needs is static, or mapped
 * before it first looks at memory.
 */
#define _GNU_SOURCE /* RTLD_DEFAULT, dladdr, MAP_POPULATE, clock_gettime */

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/bench/clock.h"
#include "tools/bench/histogram.h"
#include "tools/bench/ops.h"
#include "tools/lab/peer.h"

#define PAGE 4096

/* The arguments in order; the program's name and PEER_OPTION stand before them. */
enum { ARG_PASS = 2, ARG_SLOTS, ARG_MEASURED, ARGS };

struct process {
	enum peer_pass pass;
	void **payloads;
	size_t slots;
	struct footprint footprint;
	struct histogram single;
	uint64_t clock_cost;
	double ns;
	struct peer_report report;
	struct trace_op ops[TAPE_BATCH];
};

/* All that was asked for, or false at the end of what comes. */
static bool receive(void *to, size_t bytes)
{
	for (char *at = to; bytes > 0;) {
		ssize_t n = read(STDIN_FILENO, at, bytes);
		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		at += n > 0 ? n : 0;
		bytes -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Memory that is never written to is not there. */
static void touch_pages(void *p, size_t n)
{
	volatile char *bytes = p;

	for (size_t at = 0; at < n; at += PAGE)
		bytes[at] = 1;
	if (n > 0)
		bytes[n - 1] = 1;
}

static void op_measured(struct process *process, const struct trace_op *op)
{
	void **payload = &process->payloads[op->slot];

	if (process->pass == PEER_SINGLE) {
		uint64_t begin = clock_ns();
		*payload = op_run(NULL, op, *payload);
		uint64_t ns = clock_ns() - begin;
		histogram_add(&process->single, ns > process->clock_cost ? ns - process->clock_cost : 0);
	} else {
		*payload = op_run(NULL, op, *payload);
		touch_pages(*payload, *payload ? op->size : 0);
	}
}

static size_t batch_timed(struct process *process, size_t count)
{
	uint64_t begin = clock_cpu_ns();
	size_t at = 0;

	for (; at < count; at++) {
		const struct trace_op *op = &process->ops[at];
		void **payload = &process->payloads[op->slot];
		*payload = op_run(NULL, op, *payload);
		if (op->size > 0 && !*payload)
			break;
	}
	process->ns += (double)(clock_cpu_ns() - begin);
	return at;
}

/* False: memory ran out. */
static bool batch_run(struct process *process, size_t count)
{
	size_t done = process->pass == PEER_TIME ? batch_timed(process, count) : 0;

	for (; process->pass != PEER_TIME && done < count; done++) {
		const struct trace_op *op = &process->ops[done];
		op_measured(process, op);
		if (op->size > 0 && !process->payloads[op->slot])
			break;
	}
	process->report.ops += done;
	if (done < count)
		snprintf(process->report.failure, sizeof process->report.failure, "operation %llu: out of memory",
		         (unsigned long long)process->report.ops + 1);
	return done == count;
}

static void round_end(struct process *process, bool more)
{
	struct peer_report *report = &process->report;

	if (report->rounds < sizeof report->ns / sizeof *report->ns && report->ops > 0)
		report->ns[report->rounds++] = process->ns / (double)report->ops;
	process->ns = 0;
	for (size_t slot = 0; more && slot < process->slots; slot++) {
		free(process->payloads[slot]);
		process->payloads[slot] = NULL;
	}
	report->ops = more ? 0 : report->ops;
}

static void frames_serve(struct process *process)
{
	struct peer_report *report = &process->report;
	struct peer_frame frame;

	while (receive(&frame, sizeof frame)) {
		if (frame.kind == PEER_OPS) {
			if (frame.count > TAPE_BATCH || !receive(process->ops, frame.count * sizeof *process->ops) ||
			    !batch_run(process, frame.count))
				return;
		} else if (frame.kind == PEER_LOOK && report->looks < SAMPLES_MAX) {
			footprint_look(&process->footprint);
			report->held[report->looks++] = process->footprint.held;
		} else if (frame.kind == PEER_ROUND) {
			round_end(process, frame.count > 0);
		}
	}
}

/* Where malloc comes from: a library that could not be preloaded is passed over with a warning only. */
static void library_tell(struct peer_report *report)
{
	Dl_info info;
	void *symbol = dlsym(RTLD_DEFAULT, "malloc");
	const char *path = symbol && dladdr(symbol, &info) && info.dli_fname ? info.dli_fname : "?";
	const char *slash = strrchr(path, '/');

	snprintf(report->library, sizeof report->library, "%s", slash ? slash + 1 : path);
}

static void quantiles_tell(struct process *process)
{
	struct times *times = &process->report.single;

	times->median = (double)histogram_quantile(&process->single, 0.5);
	times->p99 = (double)histogram_quantile(&process->single, 0.99);
	times->p999 = (double)histogram_quantile(&process->single, 0.999);
	times->worst = (double)process->single.worst;
}

int peer_main(int argc, char *argv[])
{
	static struct process process;

	if (argc != ARGS)
		return 2;
	process.pass = (enum peer_pass)atoi(argv[ARG_PASS]);
	process.slots = strtoull(argv[ARG_SLOTS], NULL, 10);
	process.payloads = mmap(NULL, (process.slots + 1) * sizeof *process.payloads, PROT_READ | PROT_WRITE,
	                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (process.payloads == MAP_FAILED)
		return 1;
	memset(process.ops, 1, sizeof process.ops); /* there before memory is first looked at, as all that is static */
	memset(process.report.held, 1, sizeof process.report.held);
	process.clock_cost = clock_cost();
	footprint_begin(&process.footprint, (enum footprint_kind)atoi(argv[ARG_MEASURED]), NULL);
	frames_serve(&process);
	quantiles_tell(&process);
	library_tell(&process.report);
	/* at once: what is still live is no leak, but what the trace never freed */
	_exit(write(STDOUT_FILENO, &process.report, sizeof process.report) == sizeof process.report ? 0 : 1);
}
