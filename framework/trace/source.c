/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file's bytes, unpacked: see source.h.
 */
#define _GNU_SOURCE
#include "framework/trace/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "framework/trace/retry.h"

static const char ENDS_EARLY[] = "the compressed data ends early";
static const char IS_DAMAGED[] = "the compressed data is damaged";

static bool fail(struct source *source, const char *reason)
{
	source->failure = reason;
	return false;
}

/* More of the file as it lies on the disk; false at its end. */
static bool raw_more(struct source *source)
{
	if (source->at_end)
		return false;
	ssize_t n = retry_read(source->fd, source->raw, sizeof source->raw);
	if (n < 0)
		return fail(source, strerror(errno));
	source->raw_at = 0;
	source->raw_end = (size_t)n;
	source->read_bytes += (size_t)n;
	source->at_end = n == 0;
	return n > 0;
}

/* What the file begins with, of which a pipe may give a byte at a time. */
static bool raw_begin(struct source *source)
{
	while (source->raw_end < 4) {
		ssize_t n = retry_read(source->fd, source->raw + source->raw_end, sizeof source->raw - source->raw_end);

		if (n < 0)
			return false;
		if (n == 0)
			break;
		source->raw_end += (size_t)n;
		source->read_bytes += (size_t)n;
	}
	return true;
}

static bool begin_unpacking(struct source *source)
{
	static const unsigned char gzip_mark[] = {0x1f, 0x8b}, zstd_mark[] = {0x28, 0xb5, 0x2f, 0xfd};

	errno = ENOMEM;
	if (source->raw_end >= sizeof gzip_mark && memcmp(source->raw, gzip_mark, sizeof gzip_mark) == 0) {
		source->packing = SOURCE_GZIP;
		return inflateInit2(&source->gzip, 15 + 16) == Z_OK; /* 16: with gzip's head and checksum */
	}
	if (source->raw_end >= sizeof zstd_mark && memcmp(source->raw, zstd_mark, sizeof zstd_mark) == 0) {
		source->packing = SOURCE_ZSTD;
		source->zstd = ZSTD_createDStream();
		return source->zstd != NULL;
	}
	return true;
}

bool source_open(struct source *source, const char *path)
{
	struct stat about;

	memset(source, 0, offsetof(struct source, raw));
	source->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0)
		return false;
	if (fstat(source->fd, &about) == 0 && S_ISREG(about.st_mode))
		source->file_bytes = (uint64_t)about.st_size;
	if (raw_begin(source) && begin_unpacking(source))
		return true;
	int reason = errno;
	source_close(source);
	errno = reason;
	return false;
}

/* False: the data is damaged. */
static bool unpack_gzip(struct source *source)
{
	z_stream *gzip = &source->gzip;

	if (!source->in_part && inflateReset(gzip) != Z_OK)
		return fail(source, IS_DAMAGED);
	gzip->next_in = source->raw + source->raw_at;
	gzip->avail_in = (uInt)(source->raw_end - source->raw_at);
	gzip->next_out = source->piece;
	gzip->avail_out = sizeof source->piece;
	int status = inflate(gzip, Z_NO_FLUSH);
	source->raw_at = source->raw_end - gzip->avail_in;
	source->end = sizeof source->piece - gzip->avail_out;
	source->in_part = status != Z_STREAM_END;
	if (status == Z_MEM_ERROR)
		return fail(source, strerror(ENOMEM));
	return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR || fail(source, IS_DAMAGED);
}

static bool unpack_zstd(struct source *source)
{
	ZSTD_inBuffer in = {source->raw, source->raw_end, source->raw_at};
	ZSTD_outBuffer out = {source->piece, sizeof source->piece, 0};
	size_t status = ZSTD_decompressStream(source->zstd, &out, &in);

	source->raw_at = in.pos;
	source->end = out.pos;
	source->in_part = status != 0;
	return !ZSTD_isError(status) || fail(source, IS_DAMAGED);
}

/* A full piece may have more behind it that needs no further input. */
static bool holds_back(const struct source *source)
{
	return source->in_part && source->was_full;
}

static bool unpack(struct source *source)
{
	while (source->end == 0) {
		if (source->raw_at == source->raw_end && !holds_back(source) && !raw_more(source)) {
			if (source->in_part && !source->failure)
				return fail(source, ENDS_EARLY);
			return false;
		}
		bool is_good = source->packing == SOURCE_GZIP ? unpack_gzip(source) : unpack_zstd(source);
		source->was_full = source->end == sizeof source->piece;
		if (!is_good)
			return source->end > 0;
	}
	return true;
}

static bool take_plain(struct source *source)
{
	if (source->raw_at == source->raw_end && !raw_more(source))
		return false;
	source->end = source->raw_end - source->raw_at;
	memcpy(source->piece, source->raw + source->raw_at, source->end);
	source->raw_at = source->raw_end;
	return true;
}

bool source_more(struct source *source)
{
	source->before += source->end;
	source->at = source->end = 0;
	if (source->failure)
		return false;
	return source->packing == SOURCE_PLAIN ? take_plain(source) : unpack(source);
}

void source_close(struct source *source)
{
	if (source->packing == SOURCE_GZIP)
		inflateEnd(&source->gzip);
	ZSTD_freeDStream(source->zstd);
	close(source->fd);
}
