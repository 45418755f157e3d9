/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The form of the CMU malloc lab. At the file's head stand four numbers that are known at the end only, so the operations
 * wait in a file without a name, and are packed behind the numbers then.
 */
#ifndef OSMEM_TRACE_REP_H
#define OSMEM_TRACE_REP_H

#include <osmem/trace.h>

#include "framework/trace/sink.h"

struct rep;

/* NULL: errno tells why. */
struct rep *rep_begin(void);
/* NULL, or what is wrong. */
const char *rep_write(struct rep *rep, const struct osm_trace_op *op);
/* Head and operations into the sink. NULL, or what is wrong. */
const char *rep_end(struct rep *rep, struct sink *sink);
void rep_release(struct rep *rep);

#endif
