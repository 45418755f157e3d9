/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A writer from inside.
 */
#ifndef OSMEM_TRACE_WRITER_H
#define OSMEM_TRACE_WRITER_H

#include <osmem/trace.h>
#include <pthread.h>

#include "framework/trace/code.h"
#include "framework/trace/idmap.h"
#include "framework/trace/sink.h"

struct osm_trace_writer {
	enum osm_trace_form form;
	struct code_state state;
	uint32_t sites;
	struct rep *rep;      /* OSM_TRACE_REP: see rep.h */
	const char *failure;  /* the first one, or NULL */
	pthread_mutex_t lock; /* for the calls that record a heap */
	struct sink sink;
};

#endif
