/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process's error handler, and the default one.
 */
#include <osmem/error.h>
#include <osmem/print.h>
#include <stdatomic.h>

#include "framework/heap_core.h"
#include "framework/port.h"

static _Atomic(osm_error_handler *) current_handler;

osm_error_handler *osm_set_error_handler(osm_error_handler *handler)
{
	return atomic_exchange(&current_handler, handler);
}

const char *osm_fault_name(enum osm_fault_kind kind)
{
	switch (kind) {
	case OSM_FAULT_NONE:
		return "no fault";
	case OSM_FAULT_DOUBLE_FREE:
		return "double free";
	case OSM_FAULT_FOREIGN:
		return "foreign pointer";
	case OSM_FAULT_INTERIOR:
		return "interior pointer";
	case OSM_FAULT_DAMAGED:
		return "damaged block";
	case OSM_FAULT_INTERNAL:
		return "internal error";
	}
	return "unknown fault";
}

/* One write, so that lines of several threads do not mix. */
static _Noreturn void write_and_abort(const char *call, const struct osm_fault *fault)
{
	char line[256];
	int n = osm_snprintf(line, sizeof line, "osmem: %s: %s at %p: %s\n", call, osm_fault_name(fault->kind),
	                     fault->where, fault->detail);

	osm_port_write(2, line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
	osm_port_abort();
}

void osm_report(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	osm_error_handler *handler = atomic_load(&current_handler);

	if (!handler)
		write_and_abort(call, fault);
	handler(heap, call, fault);
}
