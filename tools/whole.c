/* SPDX-License-Identifier: BSD-3-Clause */
/* A file that is written whole or not at all: see whole.h. */
#define _GNU_SOURCE /* fdopen */
#include "tools/whole.h"

#include <unistd.h>

bool whole_open(struct whole *file, const char *path)
{
	int fd = draft_open(&file->draft, path);

	if (fd < 0)
		return false;
	file->out = fdopen(fd, "w");
	if (file->out)
		return true;
	draft_drop(&file->draft);
	close(fd);
	return false;
}

bool whole_close(struct whole *file, bool is_wanted)
{
	bool is_written = !ferror(file->out);

	if (fclose(file->out) != 0)
		is_written = false;
	if (is_written && is_wanted)
		return draft_keep(&file->draft);
	draft_drop(&file->draft);
	return false;
}
