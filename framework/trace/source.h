/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a file, which may be plain, gzip or zstd, in pieces. What it is shows in its first bytes; parts that were
 * compressed one by one and put together are read as one.
 */
#ifndef OSMEM_TRACE_SOURCE_H
#define OSMEM_TRACE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#include <zstd.h>

enum { SOURCE_PIECE = 65536 };

enum source_packing { SOURCE_PLAIN, SOURCE_GZIP, SOURCE_ZSTD };

struct source {
	int fd;
	enum source_packing packing;
	const char *failure; /* why reading ended before the end of the file, or NULL */
	bool at_end;         /* of the file as it lies on the disk */
	bool in_part;        /* of what was compressed at once the end has not been seen */
	bool was_full;       /* the piece before this one had no room left */
	uint64_t file_bytes; /* the file's; 0: not known */
	uint64_t read_bytes; /* read of it */
	z_stream gzip;
	ZSTD_DStream *zstd;
	size_t raw_at, raw_end;
	size_t at, end;  /* the next byte of the piece, and behind the last */
	uint64_t before; /* bytes in the pieces before this one */
	unsigned char raw[SOURCE_PIECE];
	unsigned char piece[SOURCE_PIECE];
};

/* False: errno tells why. */
bool source_open(struct source *source, const char *path);
/* Another piece in place of the one that is used up; false at the end, or with `failure` set. */
bool source_more(struct source *source);
void source_close(struct source *source);

/* The next byte, left where it is; -1 at the end of the file or after a failure. */
static inline int source_peek(struct source *source)
{
	if (source->at == source->end && !source_more(source))
		return -1;
	return source->piece[source->at];
}

/* How many bytes were taken out. */
static inline uint64_t source_offset(const struct source *source)
{
	return source->before + source->at;
}

#endif
