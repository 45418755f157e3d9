/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are written whole or not at all: see whole.h. */
#define _GNU_SOURCE /* fdopen */
#include "tools/whole.h"

#include <sys/stat.h>
#include <unistd.h>

bool whole_begin(struct whole *whole, const char *path)
{
	int fd = draft_open(&whole->draft, path);

	if (fd < 0)
		return false;
	whole->out = fdopen(fd, "w");
	if (whole->out)
		return true;
	draft_drop(&whole->draft);
	close(fd);
	return false;
}

bool whole_end(struct whole *whole, bool is_good)
{
	bool is_written = !ferror(whole->out) && is_good;

	if (fclose(whole->out) != 0)
		is_written = false;
	if (is_written)
		return draft_keep(&whole->draft);
	draft_drop(&whole->draft);
	return false;
}

bool whole_write(const char *path, const char *bytes, size_t count)
{
	struct whole whole;

	return whole_begin(&whole, path) && whole_end(&whole, fwrite(bytes, 1, count, whole.out) == count);
}

bool whole_is_possible(const char *path)
{
	struct stat about;
	struct whole whole;

	/* To open a pipe would wait for who reads it. */
	if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
		return access(path, W_OK) == 0;
	if (!whole_begin(&whole, path))
		return false;
	whole_end(&whole, false);
	return true;
}
