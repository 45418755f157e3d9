/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a file that comes into being, plain, gzip or zstd. What it is called until it is finished: see draft.h.
 */
#ifndef OSMEM_TRACE_SINK_H
#define OSMEM_TRACE_SINK_H

#include <osmem/trace.h>
#include <zlib.h>
#include <zstd.h>

#include "framework/trace/draft.h"

enum { SINK_PIECE = 65536 };

struct sink {
	int fd;
	enum osm_trace_packing packing;
	struct draft draft;  /* of standard output empty */
	const char *failure; /* the first one, or NULL */
	z_stream gzip;
	bool gzip_begun;
	bool in_part; /* of what is compressed at once the end has not been written */
	ZSTD_CStream *zstd;
	size_t filled;
	unsigned char piece[SINK_PIECE];
	unsigned char packed[SINK_PIECE];
};

/* `path` NULL: a file without a name. False: `failure` tells why, and there is nothing to close. */
bool sink_open(struct sink *sink, const char *path, enum osm_trace_packing packing);
/* So many bytes, at most SINK_PIECE, that are written next; NULL after a failure. */
unsigned char *sink_room(struct sink *sink, size_t n);
bool sink_write(struct sink *sink, const void *bytes, size_t n);
/* End what is compressed at once; what follows is a part of its own. */
bool sink_end_part(struct sink *sink);
/* All that was written to `other`, a file without a name, as it is packed there: a part of its own. `other` is closed. */
bool sink_append(struct sink *sink, struct sink *other);
/* Everything is written: give the file its name; false if that or anything before failed, and then there is none. */
bool sink_finish(struct sink *sink);
/* Throw the file away. */
void sink_abandon(struct sink *sink);

#endif
