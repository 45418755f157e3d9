/* SPDX-License-Identifier: BSD-3-Clause */
/* What the passes share: see passes.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_POPULATE */

#include <sys/mman.h>

#include "tools/bench/passes.h"

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

bool pass_failed(const struct pass *pass, struct stop stop)
{
	return stop.failed || (pass->solo && pass->solo->fault.kind != OSM_FAULT_NONE);
}

void pass_tell_failure(const struct pass *pass, struct stop stop, struct report *report)
{
	if (!pass_failed(pass, stop))
		return;
	if (pass->solo && pass->solo->fault.kind != OSM_FAULT_NONE)
		report_fail(report, "%s", pass->solo->fault.detail);
	else
		report_fail(report, "operation %zu: out of memory", stop.at + 1);
}
