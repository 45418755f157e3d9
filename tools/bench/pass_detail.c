/* SPDX-License-Identifier: BSD-3-Clause */
/* How long single operations take, and how much memory there is: pass_detail of passes.h. */
#define _GNU_SOURCE /* clock_gettime, posix_memalign */

#include <string.h>

#include "tools/bench/histogram.h"
#include "tools/bench/ops.h"
#include "tools/bench/passes.h"

/* How often memory is looked at. */
#define FOOTPRINT_LOOKS 32
#define PAGE 4096

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

/* What a policy holds at most if payloads are aligned to less, where it can do that. */
static void fine_heap_tell(const struct pass *pass, void **payloads, struct report *report)
{
	static struct solo solo;
	struct footprint footprint;
	struct stop stop = {0, false};

	if (pass->solo->config.granule <= SOLO_GRANULE_FINE || pass->solo->policy->granule_min > SOLO_GRANULE_FINE ||
	    !solo_begin(&solo, pass->solo->policy, SOLO_GRANULE_FINE))
		return;
	footprint_begin(&footprint, FOOTPRINT_REGIONS, &solo);
	for (; stop.at < pass->end && !stop.failed; stop.at++) {
		const struct trace_op *op = &pass->load->ops[stop.at];

		payloads[op->slot] = op_run(&solo, op, payloads[op->slot]);
		stop.failed = op->size > 0 && !payloads[op->slot];
	}
	footprint_look(&footprint);
	if (!stop.failed)
		report_set(report, REPORT_HEAP_FINE, footprint.peak);
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
	while (stop.at < pass->end && !stop.failed && (stop.at % PASS_LOOK_EVERY != 0 || !pass_is_over(pass, stop.at))) {
		const struct trace_op *op = &pass->load->ops[stop.at];
		detail_op(pass, &detail, stop.at, &blocks[op->slot]);
		stop.failed = op->size > 0 && !blocks[op->slot].payload;
		if (++stop.at == pass->load->peak_at || stop.at % look_every == 0)
			footprint_look(&detail.footprint);
	}
	footprint_look(&detail.footprint);
	detail_tell(&detail, stop.at, report);
	if (pass->solo && stop.at == pass->end && !stop.failed) {
		void **payloads = pass_memory(pass->load->slots * sizeof *payloads);

		if (payloads)
			fine_heap_tell(pass, payloads, report);
	}
	pass_tell_failure(pass, stop, report);
}
