/* SPDX-License-Identifier: BSD-3-Clause */
/* Passes over a load's operations: see passes.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_POPULATE */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/bench/histogram.h"
#include "tools/bench/passes.h"

/* Operations between two looks at the clock, whose cost then is not seen. */
#define LOOK_EVERY 128
/* How often memory is looked at. */
#define FOOTPRINT_LOOKS 32
#define PAGE 4096

#define ALWAYS_INLINE static inline __attribute__((always_inline))

void *pass_memory(size_t bytes)
{
	void *p = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

bool pass_steps(const struct solo *solo, size_t *steps)
{
	if (!solo || !solo->policy->steps)
		return false;
	*steps = solo->policy->steps(solo->state);
	return true;
}

ALWAYS_INLINE void *block_begin(struct solo *solo, const struct trace_op *op)
{
	size_t align = op->kind == TRACE_ALIGNED ? (size_t)1 << op->align_shift : 1;

	if (op->size == 0)
		return NULL;
	if (!solo && op->kind == TRACE_ALLOC)
		return malloc(op->size);
	if (!solo && op->kind == TRACE_CALLOC)
		return calloc(1, op->size);
	if (!solo) {
		void *p;
		return posix_memalign(&p, align < sizeof(void *) ? sizeof(void *) : align, op->size) == 0 ? p : NULL;
	}
	void *p = solo_alloc(solo, op->size, align);
	return p && op->kind == TRACE_CALLOC ? memset(p, 0, op->size) : p;
}

/* One operation on the block p; returns the block that there is afterwards. Blocks of 0 bytes are no blocks, because
 * allocators differ in what they make of them. */
ALWAYS_INLINE void *op_run(struct solo *solo, const struct trace_op *op, void *p)
{
	if (op->kind == TRACE_REALLOC && p && op->size > 0)
		return solo ? solo_realloc(solo, p, op->size) : realloc(p, op->size);
	if (op->kind != TRACE_REALLOC && op->kind != TRACE_FREE)
		return block_begin(solo, op);
	if (p && solo)
		solo_free(solo, p);
	else if (p)
		free(p);
	/* the realloc of no block */
	return op->size > 0 ? block_begin(solo, &(struct trace_op){.kind = TRACE_ALLOC, .size = op->size}) : NULL;
}

/* Where a run of operations ended: at its end, after the deadline, or at the operation that failed. */
struct stop {
	size_t at;
	bool failed;
};

ALWAYS_INLINE struct stop ops_run(struct solo *solo, const struct pass *pass, size_t from, size_t to, void **payloads)
{
	const struct trace_op *ops = pass->load->ops;

	while (from < to && clock_ns() < pass->deadline) {
		size_t stop = to - from < LOOK_EVERY ? to : from + LOOK_EVERY;
		for (; from < stop; from++) {
			void **payload = &payloads[ops[from].slot];
			*payload = op_run(solo, &ops[from], *payload);
			if (!*payload && ops[from].size > 0)
				return (struct stop){from, true};
			touch_ends(*payload, ops[from].size);
		}
	}
	return (struct stop){from, false};
}

/* A compiled path each, so that malloc and free are called as a program calls them. */
static struct stop ops_run_on(const struct pass *pass, size_t from, size_t to, void **payloads)
{
	return pass->solo ? ops_run(pass->solo, pass, from, to, payloads) : ops_run(NULL, pass, from, to, payloads);
}

/* Damage and refusals, which no load expects. */
static void tell_failure(const struct pass *pass, struct stop stop, struct report *report)
{
	if (pass->solo && pass->solo->fault.kind != OSM_FAULT_NONE)
		report_fail(report, "%s", pass->solo->fault.detail);
	else if (stop.failed)
		report_fail(report, "operation %zu: out of memory", stop.at + 1);
}

void pass_time(const struct pass *pass, struct report *report)
{
	void **payloads = pass_memory(pass->load->slots * sizeof *payloads);
	size_t from = pass->load->timed_from, steps_before, steps;

	if (!payloads) {
		report_fail(report, "no memory for the measuring process's own table");
		return;
	}
	struct stop stop = ops_run_on(pass, 0, from, payloads);
	if (stop.at == from) {
		bool counted = pass_steps(pass->solo, &steps_before);
		uint64_t begin = clock_ns();
		stop = ops_run_on(pass, from, pass->end, payloads);
		report_set(report, REPORT_NS, clock_ns() - begin);
		if (counted && pass_steps(pass->solo, &steps))
			report_set(report, REPORT_STEPS, steps - steps_before);
	}
	report->done = true;
	report_set(report, REPORT_OPS, stop.at);
	tell_failure(pass, stop, report);
}

/* Write to each page of a block: memory that is never written to is not there. */
static void touch_pages(void *p, size_t n)
{
	volatile char *bytes = p;

	for (size_t at = 0; at < n; at += PAGE)
		bytes[at] = 1;
	touch_ends(p, n);
}

/* A block as the detailed pass knows it. */
struct detail_block {
	void *payload;
	size_t size;
};

struct detail {
	struct histogram times;
	struct footprint footprint;
	uint64_t clock_cost;
	size_t live_bytes, peak_bytes;
};

static void detail_op(const struct pass *pass, struct detail *detail, size_t at, struct detail_block *block)
{
	const struct trace_op *op = &pass->load->ops[at];
	uint64_t begin = clock_ns();

	block->payload = op_run(pass->solo, op, block->payload);
	uint64_t ns = clock_ns() - begin;
	if (at >= pass->load->timed_from)
		histogram_add(&detail->times, ns > detail->clock_cost ? ns - detail->clock_cost : 0);
	if (block->payload)
		touch_pages(block->payload, op->size);
	detail->live_bytes += op->size - block->size;
	block->size = op->size;
	if (detail->live_bytes > detail->peak_bytes)
		detail->peak_bytes = detail->live_bytes;
}

static void detail_tell(const struct detail *detail, size_t done, struct report *report)
{
	report->done = true;
	report_set(report, REPORT_OPS, done);
	report_set(report, REPORT_PAYLOAD, detail->peak_bytes);
	report_set(report, REPORT_HEAP, detail->footprint.peak);
	if (detail->times.total > 0) {
		report_set(report, REPORT_P999, histogram_quantile(&detail->times, 0.999));
		report_set(report, REPORT_WORST, detail->times.worst);
	}
}

void pass_detail(const struct pass *pass, struct report *report)
{
	static struct detail detail;
	struct detail_block *blocks = pass_memory(pass->load->slots * sizeof *blocks);
	size_t look_every = pass->end / FOOTPRINT_LOOKS + 1;
	struct stop stop = {0, false};

	if (!blocks) {
		report_fail(report, "no memory for the measuring process's own table");
		return;
	}
	detail.clock_cost = clock_cost();
	memset(detail.times.counts, 0, sizeof detail.times.counts); /* there before memory is first looked at */
	footprint_begin(&detail.footprint, pass->measured, pass->solo);
	while (stop.at < pass->end && !stop.failed && (stop.at % LOOK_EVERY != 0 || clock_ns() < pass->deadline)) {
		const struct trace_op *op = &pass->load->ops[stop.at];
		detail_op(pass, &detail, stop.at, &blocks[op->slot]);
		stop.failed = op->size > 0 && !blocks[op->slot].payload;
		if (++stop.at == pass->load->peak_at || stop.at % look_every == 0)
			footprint_look(&detail.footprint);
	}
	footprint_look(&detail.footprint);
	detail_tell(&detail, stop.at, report);
	tell_failure(pass, stop, report);
}
