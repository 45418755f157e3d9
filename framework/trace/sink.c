/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes into a file: see sink.h. Neither packing writes a time or a name, so that the same trace gives the same bytes.
 */
#define _GNU_SOURCE
#include "framework/trace/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "framework/trace/retry.h"

enum { ZSTD_LEVEL = 6 };

static bool fail(struct sink *sink, const char *reason)
{
	if (!sink->failure)
		sink->failure = reason;
	return false;
}

static void release(struct sink *sink)
{
	if (sink->gzip_begun)
		deflateEnd(&sink->gzip);
	ZSTD_freeCStream(sink->zstd);
	if (sink->fd >= 0)
		close(sink->fd);
}

static bool begin_packing(struct sink *sink)
{
	if (sink->packing == OSM_TRACE_GZIP) {
		/* 16: with gzip's head; the best memory level */
		sink->gzip_begun = deflateInit2(&sink->gzip, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK;
		return sink->gzip_begun;
	}
	if (sink->packing == OSM_TRACE_ZSTD) {
		sink->zstd = ZSTD_createCStream();
		return sink->zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
		       !ZSTD_isError(ZSTD_CCtx_setParameter(sink->zstd, ZSTD_c_checksumFlag, 1));
	}
	return true;
}

static int unnamed_open(void)
{
	FILE *file = tmpfile();
	int fd = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;

	if (file)
		fclose(file);
	return fd;
}

static bool file_open(struct sink *sink, const char *path)
{
	if (!path)
		sink->fd = unnamed_open();
	else if (strcmp(path, "-") == 0)
		sink->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		sink->fd = draft_open(&sink->draft, path);
	return sink->fd >= 0;
}

bool sink_open(struct sink *sink, const char *path, enum osm_trace_packing packing)
{
	memset(sink, 0, offsetof(struct sink, piece));
	sink->fd = -1;
	sink->packing = packing;
	sink->in_part = true;
	if (!file_open(sink, path)) {
		sink->failure = strerror(errno);
		release(sink);
		return false;
	}
	if (!begin_packing(sink)) {
		sink->failure = strerror(ENOMEM);
		sink_abandon(sink);
		return false;
	}
	return true;
}

static bool write_out(struct sink *sink, const unsigned char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = retry_write(sink->fd, bytes, n);

		if (written <= 0)
			return fail(sink, strerror(written < 0 ? errno : ENOSPC));
		bytes += written;
		n -= (size_t)written;
	}
	return true;
}

static bool pack_gzip(struct sink *sink, bool is_end)
{
	z_stream *gzip = &sink->gzip;
	int status;

	gzip->next_in = sink->piece;
	gzip->avail_in = (uInt)sink->filled;
	do {
		gzip->next_out = sink->packed;
		gzip->avail_out = sizeof sink->packed;
		status = deflate(gzip, is_end ? Z_FINISH : Z_NO_FLUSH);
		if (!write_out(sink, sink->packed, sizeof sink->packed - gzip->avail_out))
			return false;
	} while (is_end ? status == Z_OK : gzip->avail_in > 0);
	return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR || fail(sink, "zlib cannot compress it");
}

static bool pack_zstd(struct sink *sink, bool is_end)
{
	ZSTD_inBuffer in = {sink->piece, sink->filled, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {sink->packed, sizeof sink->packed, 0};
		left = ZSTD_compressStream2(sink->zstd, &out, &in, is_end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return fail(sink, ZSTD_getErrorName(left));
		if (!write_out(sink, sink->packed, out.pos))
			return false;
	} while (is_end ? left > 0 : in.pos < in.size);
	return true;
}

/* The piece is full, or the last one. */
static bool piece_pass(struct sink *sink, bool is_end)
{
	bool passed = false;

	if (sink->failure)
		return false;
	if (sink->packing == OSM_TRACE_PLAIN)
		passed = write_out(sink, sink->piece, sink->filled);
	else if (sink->packing == OSM_TRACE_GZIP)
		passed = pack_gzip(sink, is_end);
	else
		passed = pack_zstd(sink, is_end);
	sink->filled = 0;
	return passed;
}

unsigned char *sink_room(struct sink *sink, size_t n)
{
	if (n > SINK_PIECE - sink->filled)
		piece_pass(sink, false);
	sink->in_part = true;
	return sink->failure ? NULL : sink->piece + sink->filled;
}

bool sink_write(struct sink *sink, const void *bytes, size_t n)
{
	unsigned char *room = sink_room(sink, n);

	if (!room)
		return false;
	memcpy(room, bytes, n);
	sink->filled += n;
	return true;
}

bool sink_end_part(struct sink *sink)
{
	bool passed = piece_pass(sink, true);

	if (passed && sink->packing == OSM_TRACE_GZIP)
		deflateReset(&sink->gzip);
	sink->in_part = false;
	return passed;
}

static bool file_close(struct sink *sink)
{
	/* Some file systems tell only now that there is no room. */
	bool is_closed = close(sink->fd) == 0 || fail(sink, strerror(errno));

	sink->fd = -1;
	return is_closed;
}

bool sink_append(struct sink *sink, struct sink *other)
{
	ssize_t n = 0;

	if (!sink_end_part(other) || lseek(other->fd, 0, SEEK_SET) != 0)
		return fail(sink, other->failure ? other->failure : strerror(errno));
	if (!sink_end_part(sink))
		return false;
	while ((n = retry_read(other->fd, other->packed, sizeof other->packed)) > 0)
		if (!write_out(sink, other->packed, (size_t)n))
			return false;
	if (n < 0)
		return fail(sink, strerror(errno));
	return file_close(other) || fail(sink, other->failure);
}

bool sink_finish(struct sink *sink)
{
	bool is_whole = sink->in_part ? sink_end_part(sink) : !sink->failure;

	if (!file_close(sink))
		is_whole = false;
	if (!is_whole)
		draft_drop(&sink->draft);
	else if (!draft_keep(&sink->draft))
		is_whole = fail(sink, strerror(errno));
	release(sink);
	return is_whole;
}

void sink_abandon(struct sink *sink)
{
	draft_drop(&sink->draft);
	release(sink);
}
