/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a person chooses for a process by its environment.
 */
#ifndef OSMEM_DROPIN_OPTIONS_H
#define OSMEM_DROPIN_OPTIONS_H

#include <osmem/heap.h>

#include "framework/dropin/tape.h"

enum dropin_on_error {
	DROPIN_ABORT,  /* a line on fd 2, then abort() */
	DROPIN_REPORT, /* a line on fd 2; the call does nothing */
	DROPIN_IGNORE  /* the call does nothing */
};

struct dropin_options {
	const struct osm_policy *policy;
	struct osm_backend *backend;
	enum dropin_on_error on_error;
	unsigned check;        /* look at the whole heap after so many calls; 0: never */
	unsigned waiting;      /* bytes of freed blocks that wait in each thread, at hardening level 2 */
	bool stats;            /* a report when the process ends */
	bool front;            /* small requests are served by slabs */
	bool sites;            /* the trace has call sites */
	char trace[TAPE_NAME]; /* the file for a trace; empty: none */
};

/*
 * Fill in defaults, then what OSMEM_... variables say, unless the process runs with rights that its caller lacks. A
 * value that makes no sense is told on fd 2 and its default stands. Works before the C library's own start.
 */
void dropin_options_read(struct dropin_options *options);

#endif
