/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The form of the CMU malloc lab. At the file's head stand four numbers that are known at the end only, so the operations
 * wait in a file without a name. They are packed there: what is compressed part by part is read as one, so that at the
 * end the numbers are a part, and the file is copied behind them.
 */
#ifndef OSMEM_TRACE_REP_H
#define OSMEM_TRACE_REP_H

#include <osmem/trace.h>

#include "framework/trace/sink.h"

struct rep;

/* NULL: `reason` tells why. */
struct rep *rep_begin(enum osm_trace_packing packing, const char **reason);
/* NULL, or what is wrong. */
const char *rep_write(struct rep *rep, const struct osm_trace_op *op);
/* Head and operations into the sink. NULL, or what is wrong. */
const char *rep_end(struct rep *rep, struct sink *sink);
void rep_release(struct rep *rep);

#endif
