/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are written whole or not at all: see whole.h. */
#define _GNU_SOURCE /* asprintf, lstat */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/whole.h"

static bool is_replaced(const char *path)
{
	struct stat about;

	return lstat(path, &about) != 0 || S_ISREG(about.st_mode);
}

static void part_remove(char *part)
{
	int kept = errno;

	unlink(part);
	free(part);
	errno = kept;
}

bool whole_begin(struct whole *whole, const char *path)
{
	*whole = (struct whole){.path = path};
	if (is_replaced(path) && asprintf(&whole->part, "%s.part", path) < 0) {
		errno = ENOMEM;
		return false;
	}
	whole->out = fopen(whole->part ? whole->part : path, "w");
	if (!whole->out)
		free(whole->part);
	return whole->out;
}

bool whole_end(struct whole *whole, bool is_good)
{
	bool is_written = !ferror(whole->out) && is_good;

	if (fclose(whole->out) != 0)
		is_written = false;
	if (!whole->part)
		return is_written;
	if (!is_written || rename(whole->part, whole->path) != 0) {
		part_remove(whole->part);
		return false;
	}
	free(whole->part);
	return true;
}

bool whole_write(const char *path, const char *bytes, size_t count)
{
	struct whole whole;

	return whole_begin(&whole, path) && whole_end(&whole, fwrite(bytes, 1, count, whole.out) == count);
}

bool whole_is_possible(const char *path)
{
	struct whole whole;

	if (!is_replaced(path))
		return access(path, W_OK) == 0;
	if (!whole_begin(&whole, path))
		return false;
	whole_end(&whole, false);
	return true;
}
