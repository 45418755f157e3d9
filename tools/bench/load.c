/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads: see load.h. */
#define _GNU_SOURCE /* memfd_create, MAP_POPULATE */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/bench/load.h"

/* Sizes: P(size > s) = (16 / s)^1.2, cut at 64 KiB, so that most are small and a few are most of the bytes. */
#define SIZE_LEAST 16.0
#define SIZE_MOST 65536.0
#define SIZE_EXPONENT 1.2

#define SEED 0x6f736d656dU

const char *const load_kinds[LOAD_KINDS] = {"traces", "steady", "ramp", "needle"};

/* splitmix64 (Steele, Lea and Flood 2014): the same numbers on every machine and in every run. */
static uint64_t random_next(uint64_t *state)
{
	uint64_t word = *state += 0x9e3779b97f4a7c15u;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
	word = (word ^ word >> 27) * 0x94d049bb133111ebu;
	return word ^ word >> 31;
}

static size_t random_below(uint64_t *state, size_t limit)
{
	return (size_t)(random_next(state) % limit);
}

static size_t random_size(uint64_t *state)
{
	double share = ((double)(random_next(state) >> 11) + 1) / 9007199254740992.0;
	double size = SIZE_LEAST * pow(share, -1 / SIZE_EXPONENT);

	return (size_t)(size < SIZE_MOST ? size : SIZE_MOST);
}

static bool complain(const char *what)
{
	fprintf(stderr, "osmem-bench: %s: %s\n", what, strerror(errno));
	return false;
}

/* Make shared memory for `count` operations. */
static struct load_ops *ops_create(struct load *load, size_t count)
{
	size_t bytes = sizeof(struct load_ops) + count * sizeof(struct trace_op);
	struct load_ops *ops = MAP_FAILED;

	load->fd = memfd_create(load->name, 0);
	if (load->fd >= 0 && ftruncate(load->fd, (off_t)bytes) == 0)
		ops = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, load->fd, 0);
	if (ops == MAP_FAILED) {
		complain(load->name);
		return NULL;
	}
	ops->count = count;
	return ops;
}

static void ops_close(struct load *load, struct load_ops *ops)
{
	load->end = ops->count;
	load->timed_from = ops->timed_from;
	munmap(ops, sizeof *ops + ops->count * sizeof *ops->ops);
}

/* Find where most bytes are live. `sizes` has an entry for each slot, all zero. */
static void ops_find_peak(struct load *load, struct load_ops *ops, size_t *sizes)
{
	size_t live = 0;

	for (size_t i = 0; i < ops->count; i++) {
		size_t *size = &sizes[ops->ops[i].slot];
		live += ops->ops[i].size - *size;
		*size = ops->ops[i].size;
		if (live > load->peak_bytes) {
			load->peak_bytes = live;
			ops->peak_at = i + 1;
		}
	}
}

bool load_trace(struct load *load, const char *path)
{
	struct trace trace;
	struct osm_trace_error error;

	*load = (struct load){.kind = LOAD_TRACE};
	trace_name(load->name, sizeof load->name, path);
	if (!trace_load(&trace, path, &error)) {
		trace_complain("osmem-bench", path, &error);
		return false;
	}
	struct load_ops *ops = ops_create(load, trace.count);
	if (ops) {
		memcpy(ops->ops, trace.ops, trace.count * sizeof *trace.ops);
		ops->slots = trace.slots;
		ops->peak_at = trace.peak_at;
		load->peak_bytes = trace.peak_bytes;
		ops_close(load, ops);
	}
	trace_release(&trace);
	return ops != NULL;
}

/* A number of blocks as it stands in a name: 1k, 100k, 1M. */
static void load_name(struct load *load, const char *kind, size_t n)
{
	if (n % 1000000 == 0)
		snprintf(load->name, sizeof load->name, "%s-%zuM", kind, n / 1000000);
	else if (n % 1000 == 0)
		snprintf(load->name, sizeof load->name, "%s-%zuk", kind, n / 1000);
	else
		snprintf(load->name, sizeof load->name, "%s-%zu", kind, n);
}

bool load_steady(struct load *load, size_t live, size_t measured)
{
	uint64_t state = SEED;

	*load = (struct load){.kind = LOAD_STEADY};
	load_name(load, "steady", live);
	struct load_ops *ops = ops_create(load, live + measured / 2 * 2);
	size_t *sizes = calloc(live, sizeof *sizes);
	if (!ops || !sizes) {
		free(sizes);
		return ops && complain(load->name);
	}
	ops->slots = ops->timed_from = live;
	for (size_t i = 0; i < ops->count; i++) {
		struct trace_op *op = &ops->ops[i];
		if (i < live)
			*op = (struct trace_op){.kind = OSM_TRACE_ALLOC, .slot = (uint32_t)i, .size = random_size(&state)};
		else if ((i - live) % 2 == 0)
			*op = (struct trace_op){.kind = OSM_TRACE_FREE, .slot = (uint32_t)random_below(&state, live)};
		else
			*op = (struct trace_op){.kind = OSM_TRACE_ALLOC, .slot = op[-1].slot, .size = random_size(&state)};
	}
	ops_find_peak(load, ops, sizes);
	free(sizes);
	ops_close(load, ops);
	return true;
}

bool load_ramp(struct load *load, size_t blocks)
{
	uint64_t state = SEED;

	*load = (struct load){.kind = LOAD_RAMP};
	load_name(load, "ramp", blocks);
	struct load_ops *ops = ops_create(load, 2 * blocks);
	size_t *sizes = calloc(blocks, sizeof *sizes);
	if (!ops || !sizes) {
		free(sizes);
		return ops && complain(load->name);
	}
	ops->slots = blocks;
	for (size_t i = 0; i < blocks; i++) {
		ops->ops[i] = (struct trace_op){.kind = OSM_TRACE_ALLOC, .slot = (uint32_t)i, .size = random_size(&state)};
		ops->ops[blocks + i] = (struct trace_op){.kind = OSM_TRACE_FREE, .slot = (uint32_t)i};
	}
	for (size_t i = blocks; i > 1; i--) {
		struct trace_op *last = &ops->ops[blocks + i - 1], *other = &ops->ops[blocks + random_below(&state, i)];
		uint32_t slot = last->slot;
		last->slot = other->slot;
		other->slot = slot;
	}
	ops_find_peak(load, ops, sizes);
	free(sizes);
	ops_close(load, ops);
	return true;
}

bool load_needle(struct load *load, size_t free_blocks)
{
	*load = (struct load){.kind = LOAD_NEEDLE, .fd = -1, .end = free_blocks};
	load_name(load, "needle", free_blocks);
	return true;
}

const struct load_ops *load_map(int fd)
{
	struct stat file;

	if (fstat(fd, &file) != 0)
		return NULL;
	void *ops = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	return ops == MAP_FAILED ? NULL : ops;
}
