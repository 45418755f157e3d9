/* SPDX-License-Identifier: BSD-3-Clause */
/* A recorded trace, done again on a heap: see replay.h. */
#define _GNU_SOURCE /* clock_gettime */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/replay.h"

/* Which bytes a block has depends on its birth and its size, so that another block's or an older state's are noticed.
 */
static uint64_t pattern_seed(const struct replay_block *block)
{
	return (block->birth + 1) * 0x9e3779b97f4a7c15u ^ block->size * 0xbf58476d1ce4e5b9u;
}

static uint64_t pattern_next(uint64_t word)
{
	return word * 0x5851f42d4c957f2du + 0x14057b7ef767814fu;
}

static void block_fill(const struct replay_block *block)
{
	uint64_t word = pattern_seed(block);

	for (size_t at = 0; at < block->size; at += sizeof word) {
		size_t left = block->size - at;
		word = pattern_next(word);
		memcpy(block->payload + at, &word, left < sizeof word ? left : sizeof word);
	}
}

/* Do the block's first n bytes have the pattern of the block as it was at `as`? */
static bool block_keeps(const struct replay_block *block, const struct replay_block *as, size_t n)
{
	uint64_t word = pattern_seed(as);

	for (size_t at = 0; at < n; at += sizeof word) {
		size_t left = n - at;
		word = pattern_next(word);
		if (memcmp(block->payload + at, &word, left < sizeof word ? left : sizeof word) != 0)
			return false;
	}
	return true;
}

static bool block_is_zero(const struct replay_block *block)
{
	return block->size == 0 ||
	       (block->payload[0] == 0 && memcmp(block->payload, block->payload + 1, block->size - 1) == 0);
}

/* A fresh or resized block is as large and as aligned as was asked for. */
static const char *block_judge(struct osm_heap *heap, const struct replay_block *block, size_t align)
{
	if (!block->payload)
		return block->size > 0 ? "out of memory" : NULL;
	if (block->size == 0)
		return "0 bytes gave a block";
	if ((uintptr_t)block->payload % align != 0)
		return "the block is not aligned";
	return osm_heap_usable_size(heap, block->payload) < block->size ? "the block is too small" : NULL;
}

static const char *check_begin(struct osm_heap *heap, const struct trace_op *op, struct replay_block *block)
{
	size_t align = op->kind == OSM_TRACE_ALIGNED ? (size_t)1 << op->align_shift : 1;

	if (op->kind == OSM_TRACE_ALLOC)
		block->payload = osm_heap_alloc(heap, op->size);
	else if (op->kind == OSM_TRACE_CALLOC)
		block->payload = osm_heap_calloc(heap, 1, op->size);
	else
		block->payload = osm_heap_alloc_aligned(heap, align, op->size);
	const char *reason = block_judge(heap, block, align);
	if (!reason && op->kind == OSM_TRACE_CALLOC && !block_is_zero(block))
		reason = "calloc gave bytes that are not zero";
	return reason;
}

static const char *check_resize(struct osm_heap *heap, const struct trace_op *op, struct replay_block *block)
{
	struct replay_block before = *block;

	if (!block_keeps(block, block, block->size))
		return "a live block's bytes changed";
	block->size = op->size;
	block->payload = osm_heap_realloc(heap, block->payload, op->size);
	const char *reason = block_judge(heap, block, 1);
	if (!reason && !block_keeps(block, &before, op->size < before.size ? op->size : before.size))
		reason = "realloc lost the block's bytes";
	return reason;
}

static const char *check_free(struct osm_heap *heap, const struct replay_block *block)
{
	if (!block_keeps(block, block, block->size))
		return "a live block's bytes changed";
	osm_heap_free(heap, block->payload);
	return NULL;
}

const char *replay_check_op(struct osm_heap *heap, const struct trace_op *op, size_t at, struct replay_block *block)
{
	const char *reason;

	if (op->kind == OSM_TRACE_FREE) {
		reason = check_free(heap, block);
		*block = (struct replay_block){0};
		return reason;
	}
	if (op->kind == OSM_TRACE_REALLOC) {
		reason = check_resize(heap, op, block);
	} else {
		*block = (struct replay_block){.size = op->size, .birth = at};
		reason = check_begin(heap, op, block);
	}
	if (!reason)
		block_fill(block);
	return reason;
}

const char *replay_check_end(struct osm_heap *heap, const struct replay_block *blocks, size_t slots)
{
	struct osm_fault fault;

	for (size_t slot = 0; slot < slots; slot++)
		if (!block_keeps(&blocks[slot], &blocks[slot], blocks[slot].size))
			return "a live block's bytes changed";
	return osm_heap_check(heap, &fault) ? NULL : fault.detail;
}

static enum replay_end fail(struct replay_failure *failure, size_t op, const char *reason)
{
	*failure = (struct replay_failure){op, reason};
	return REPLAY_FAILED;
}

enum replay_end replay_check(struct osm_heap *heap, const struct trace *trace, replay_step *step, void *context,
                             struct replay_failure *failure)
{
	struct replay_block *blocks = calloc((size_t)trace->slots + 1, sizeof *blocks);

	if (!blocks)
		return fail(failure, 1, "no memory for the replay's own table");
	const char *reason = NULL;
	bool stopped = false;
	size_t at = 0;
	while (at < trace->count && !reason && !stopped) {
		reason = replay_check_op(heap, &trace->ops[at], at, &blocks[trace->ops[at].slot]);
		at++;
		stopped = !reason && step && !step(context, heap, at);
	}
	if (!reason && !stopped) {
		at++;
		reason = replay_check_end(heap, blocks, trace->slots);
	}
	free(blocks);
	if (reason)
		return fail(failure, at, reason);
	return stopped ? REPLAY_STOPPED : REPLAY_DONE;
}

/* What the loop calls. */
struct calls {
	void *(*alloc)(struct osm_heap *heap, size_t n);
	void *(*calloc)(struct osm_heap *heap, size_t count, size_t n);
	void *(*aligned)(struct osm_heap *heap, size_t align, size_t n);
	void *(*realloc)(struct osm_heap *heap, void *p, size_t n);
	void (*free)(struct osm_heap *heap, void *p);
};

/* The loop itself, compiled once for each set of calls, which it then calls directly. */
static inline __attribute__((always_inline)) size_t loop(const struct calls calls, struct osm_heap *heap,
                                                         const struct trace_op *ops, size_t count, void **payloads,
                                                         const volatile sig_atomic_t *stop)
{
	for (size_t at = 0; at < count; at++) {
		const struct trace_op *op = &ops[at];
		void **payload = &payloads[op->slot];

		switch ((enum osm_trace_kind)op->kind) {
		case OSM_TRACE_ALLOC:
			*payload = calls.alloc(heap, op->size);
			break;
		case OSM_TRACE_CALLOC:
			*payload = calls.calloc(heap, 1, op->size);
			break;
		case OSM_TRACE_ALIGNED:
			*payload = calls.aligned(heap, (size_t)1 << op->align_shift, op->size);
			break;
		case OSM_TRACE_REALLOC:
			*payload = calls.realloc(heap, *payload, op->size);
			break;
		case OSM_TRACE_FREE:
			calls.free(heap, *payload);
			*payload = NULL;
			continue;
		}
		if ((!*payload && op->size > 0) || *stop)
			return at;
	}
	return count;
}

size_t replay_ops(struct osm_heap *heap, const struct trace_op *ops, size_t count, void **payloads,
                  const volatile sig_atomic_t *stop)
{
	const struct calls calls = {osm_heap_alloc, osm_heap_calloc, osm_heap_alloc_aligned, osm_heap_realloc,
	                            osm_heap_free};

	return loop(calls, heap, ops, count, payloads, stop);
}

/* Calls that do nothing but are calls; what they give is no block. */
static char nothing[1];

static __attribute__((noinline)) void *no_alloc(struct osm_heap *heap, size_t n)
{
	__asm__ volatile("" : : "r"(heap), "r"(n) : "memory");
	return nothing;
}

static __attribute__((noinline)) void *no_calloc(struct osm_heap *heap, size_t count, size_t n)
{
	__asm__ volatile("" : : "r"(heap), "r"(count), "r"(n) : "memory");
	return nothing;
}

static __attribute__((noinline)) void *no_realloc(struct osm_heap *heap, void *p, size_t n)
{
	__asm__ volatile("" : : "r"(heap), "r"(p), "r"(n) : "memory");
	return nothing;
}

static __attribute__((noinline)) void no_free(struct osm_heap *heap, void *p)
{
	__asm__ volatile("" : : "r"(heap), "r"(p) : "memory");
}

void replay_nothing(const struct trace_op *ops, size_t count, void **payloads, const volatile sig_atomic_t *stop)
{
	const struct calls calls = {no_alloc, no_calloc, no_calloc, no_realloc, no_free};

	loop(calls, NULL, ops, count, payloads, stop);
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

enum replay_end replay_time(struct osm_heap *heap, const struct trace *trace, const volatile sig_atomic_t *stop,
                            double *ns, struct replay_failure *failure)
{
	void **payloads = calloc((size_t)trace->slots + 1, sizeof *payloads);

	if (!payloads)
		return fail(failure, 1, "no memory for the replay's own table");
	double start = cpu_ns();
	size_t done = replay_ops(heap, trace->ops, trace->count, payloads, stop);
	*ns = cpu_ns() - start;
	free(payloads);
	if (*stop)
		return REPLAY_STOPPED;
	return done == trace->count ? REPLAY_DONE : fail(failure, done + 1, "out of memory");
}
