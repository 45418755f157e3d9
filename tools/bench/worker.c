/* SPDX-License-Identifier: BSD-3-Clause */
/* The measuring process's side: see worker.h. */
#define _GNU_SOURCE /* RTLD_DEFAULT, dladdr */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmem/heap.h>

#include "tools/bench/passes.h"
#include "tools/bench/worker.h"

/* The arguments in order; the program's name and WORKER_OPTION stand before them. */
enum { ARG_PASS = 2, ARG_POLICY, ARG_LAYOUT, ARG_MEASURED, ARG_LOAD, ARG_END, ARG_LIMIT, ARG_LATEST, ARGS };

/* A process that hangs ends by itself, so long after twice what its first run may take. */
#define GRACE_SECONDS 3

/* Where malloc comes from: a library that could not be preloaded is passed over with a warning only. */
static void tell_malloc(struct report *report)
{
	Dl_info info;
	void *symbol = dlsym(RTLD_DEFAULT, "malloc");
	const char *path = symbol && dladdr(symbol, &info) && info.dli_fname ? info.dli_fname : "?";
	const char *slash = strrchr(path, '/');

	snprintf(report->text, sizeof report->text, "%s", slash ? slash + 1 : path);
}

static void pass_run(enum worker_pass which, const struct pass *pass, struct report *report)
{
	switch (which) {
	case WORKER_TIME:
		pass_time(pass, report);
		break;
	case WORKER_DETAIL:
		pass_detail(pass, report);
		break;
	case WORKER_NEEDLE:
		pass_needle(pass, report);
		break;
	default:
		report->done = true;
		break;
	}
}

static bool policy_begin(struct solo *solo, char *argv[], struct report *report)
{
	const struct osm_policy *policy = osm_policy_find(argv[ARG_POLICY], argv[ARG_LAYOUT]);

	if (policy && solo_begin(solo, policy, SOLO_GRANULE))
		return true;
	report_fail(report, policy ? "out of memory" : "no such policy");
	return false;
}

int worker_main(int argc, char *argv[])
{
	static struct solo solo;
	static struct report report;

	if (argc != ARGS)
		return 2;
	uint64_t limit_ns = strtoull(argv[ARG_LIMIT], NULL, 10), latest_ns = strtoull(argv[ARG_LATEST], NULL, 10);
	alarm((unsigned)(2 * latest_ns / 1000000000) + GRACE_SECONDS);
	struct pass pass = {
		.end = strtoull(argv[ARG_END], NULL, 10),
		.measured = (enum footprint_kind)atoi(argv[ARG_MEASURED]),
		.solo = *argv[ARG_POLICY] ? &solo : NULL,
	};
	int fd = atoi(argv[ARG_LOAD]);
	bool begun = !pass.solo || policy_begin(&solo, argv, &report);
	if (begun && fd >= 0 && !(pass.load = load_map(fd))) {
		report_fail(&report, "the load cannot be read");
		begun = false;
	}
	pass.deadline = clock_ns() + limit_ns;
	pass.cpu_deadline = clock_cpu_ns() + limit_ns;
	pass.latest = clock_ns() + latest_ns;
	if (begun)
		pass_run((enum worker_pass)atoi(argv[ARG_PASS]), &pass, &report);
	if (report.done)
		tell_malloc(&report);
	report_write(&report, STDOUT_FILENO);
	return 0;
}
