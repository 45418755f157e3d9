/* SPDX-License-Identifier: BSD-3-Clause */
/* A load and its cost: see load.h. */
#define _GNU_SOURCE
#include "docs/giving/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Operations between two looks at the resident pages. */
#define SAMPLE 500
#define TIMED_RUNS 3

struct run {
	struct osm_heap *heap;
	bool samples;
	size_t base;
	double sum, sum_idle;
	size_t looks, idle_looks;
};

static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t all, pages;

	if (!file || fscanf(file, "%zu %zu", &all, &pages) != 2)
		give_up("there is no /proc/self/statm");
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static double more_than(size_t base)
{
	size_t now = resident();

	return now > base ? (double)(now - base) : 0;
}

static void *serve(struct osm_heap *heap, const struct trace_op *op, void *p)
{
	switch ((enum osm_trace_kind)op->kind) {
	case OSM_TRACE_ALLOC:
		p = osm_heap_alloc(heap, op->size);
		break;
	case OSM_TRACE_CALLOC:
		return osm_heap_calloc(heap, 1, op->size);
	case OSM_TRACE_ALIGNED:
		p = osm_heap_alloc_aligned(heap, (size_t)1 << op->align_shift, op->size);
		break;
	case OSM_TRACE_REALLOC:
		p = osm_heap_realloc(heap, p, op->size);
		break;
	case OSM_TRACE_FREE:
		osm_heap_free(heap, p);
		return NULL;
	}
	return p ? memset(p, 1, op->size) : NULL;
}

static void do_job(struct run *run, const struct trace *trace, void **payloads)
{
	for (size_t i = 0; i < trace->count; i++) {
		void **payload = &payloads[trace->ops[i].slot];

		*payload = serve(run->heap, &trace->ops[i], *payload);
		if (run->samples && i % SAMPLE == 0) {
			run->sum += more_than(run->base);
			run->looks++;
		}
	}
	for (uint32_t slot = 0; slot < trace->slots; slot++) {
		osm_heap_free(run->heap, payloads[slot]);
		payloads[slot] = NULL;
	}
	if (run->samples) {
		run->sum_idle += more_than(run->base);
		run->idle_looks++;
	}
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static struct cost run_all(const struct load *load, const struct osm_config *config, const char *backend, bool samples)
{
	struct run run = {.samples = samples};
	struct osm_stats stats;
	uint32_t slots = 1;
	void **payloads;
	long faults_before;
	double start;

	for (size_t i = 0; i < load->count; i++)
		slots = load->traces[i].slots > slots ? load->traces[i].slots : slots;
	payloads = calloc(slots, sizeof *payloads);
	run.heap = osm_heap_create(osm_policy_find("best-fit", "tag"), osm_backend_find(backend), config);
	if (!payloads || !run.heap)
		give_up("no memory");
	run.base = resident();
	faults_before = faults();
	start = cpu_ns();
	for (unsigned round = 0; round < load->rounds; round++)
		for (size_t i = 0; i < load->count; i++)
			do_job(&run, &load->traces[i], payloads);
	osm_heap_stats(run.heap, &stats);
	return (struct cost){.resident = samples ? run.sum / (double)run.looks : 0,
	                     .resident_idle = samples ? run.sum_idle / (double)run.idle_looks : 0,
	                     .faults = (double)(faults() - faults_before),
	                     .ns = cpu_ns() - start,
	                     .gives = (double)(stats.trim_calls + stats.purge_calls)};
}

/* In a child, so that every run begins with the same pages. */
static struct cost apart(const struct load *load, const struct osm_config *config, const char *backend, bool samples)
{
	struct cost cost;
	int ends[2], status;
	pid_t child;

	if (pipe(ends) != 0 || (child = fork()) < 0)
		give_up("no process");
	if (child == 0) {
		cost = run_all(load, config, backend, samples);
		_exit(write(ends[1], &cost, sizeof cost) != (ssize_t)sizeof cost);
	}
	close(ends[1]);
	if (read(ends[0], &cost, sizeof cost) != (ssize_t)sizeof cost || waitpid(child, &status, 0) != child || status != 0)
		give_up("a measurement failed");
	close(ends[0]);
	return cost;
}

struct cost load_measure(const struct load *load, const struct osm_config *config, const char *backend)
{
	struct cost looked = apart(load, config, backend, true), best = {0};

	for (int i = 0; i < TIMED_RUNS; i++) {
		struct cost timed = apart(load, config, backend, false);

		if (i == 0 || timed.ns < best.ns)
			best = timed;
	}
	best.resident = looked.resident;
	best.resident_idle = looked.resident_idle;
	return best;
}
