/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Figures for mallinfo, malloc_info, malloc_stats and OSMEM_STATS.
 */
#define _GNU_SOURCE
#include "framework/dropin/report.h"

#include <errno.h>
#include <osmem/print.h>

#include "framework/dropin/central.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/process.h"
#include "framework/dropin/waiting.h"

struct mallinfo2 report_mallinfo(void)
{
	struct osm_stats stats = {0};
	struct pool_stats slabs = {0};

	if (process_started()) {
		central_stats(&stats);
		pool_count(&slabs);
	}
	return (struct mallinfo2){.arena = stats.heap_bytes + slabs.slabs * SLAB_BYTES,
	                          .ordblks = stats.free_blocks,
	                          .hblks = stats.mapped_blocks,
	                          .hblkhd = stats.mapped_bytes,
	                          .uordblks = stats.live_bytes + slabs.live_bytes,
	                          .fordblks = stats.free_bytes};
}

int report_xml(int options, FILE *file)
{
	struct mallinfo2 info = report_mallinfo();
	char text[512];

	if (options != 0)
		return EINVAL;
	osm_snprintf(text, sizeof text,
	             "<malloc version=\"1\">\n"
	             "<total type=\"rest\" count=\"%zu\" size=\"%zu\"/>\n"
	             "<total type=\"mmap\" count=\"%zu\" size=\"%zu\"/>\n"
	             "<system type=\"current\" size=\"%zu\"/>\n"
	             "</malloc>\n",
	             info.ordblks, info.fordblks, info.hblks, info.hblkhd, info.arena);
	return fputs(text, file) < 0 ? -1 : 0;
}

void report_write(void)
{
	const struct dropin_options *options;
	struct pool_stats slabs;
	struct osm_stats stats;

	if (!process_started())
		return;
	options = process_options();
	central_stats(&stats);
	osm_dprintf(2, "osmem: %s in layout %s on %s\n", options->policy->name, options->policy->layout,
	            options->backend->name);
	osm_dprintf(2, "osmem: live %zu bytes in %zu blocks, at most %zu bytes\n", stats.live_bytes, stats.live_blocks,
	            stats.peak_live_bytes);
	osm_dprintf(2, "osmem: heap %zu bytes in %zu regions, %zu free in %zu blocks; mapped %zu bytes in %zu blocks\n",
	            stats.heap_bytes, stats.regions, stats.free_bytes, stats.free_blocks, stats.mapped_bytes,
	            stats.mapped_blocks);
	pool_count(&slabs);
	osm_dprintf(2, "osmem: slabs: %zu used, %zu bytes empty, live %zu bytes in %zu blocks\n", slabs.slabs,
	            slabs.empty_bytes, slabs.live_bytes, slabs.live_blocks);
}

int report_trim(size_t keep)
{
	bool any;

	if (HARDENING == 2)
		waiting_flush();
	any = process_started() && pool_trim();
	return (process_started() && central_trim(keep)) || any;
}
