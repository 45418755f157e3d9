/* SPDX-License-Identifier: BSD-3-Clause */
/* A file that comes into being: see draft.h. */
#define _GNU_SOURCE
#include "framework/trace/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MOST = 40, PARTS_MOST = 10000 }; /* as many links as Linux follows; files of others beside one's own */

static void release(struct draft *draft)
{
	int reason = errno;

	free(draft->path);
	free(draft->part);
	*draft = (struct draft){0};
	errno = reason;
}

/* What symbolic links lead to, which need not be there; NULL: errno tells why. */
static char *links_follow(const char *path)
{
	char *name = strdup(path);

	for (int links = 0; name && links < LINKS_MOST; links++) {
		char target[PATH_MAX], *next = NULL;
		ssize_t n = readlink(name, target, sizeof target);
		if (n < 0)
			return name;
		const char *slash = *target == '/' ? NULL : strrchr(name, '/');
		int folder = slash ? (int)(slash + 1 - name) : 0;
		if (asprintf(&next, "%.*s%.*s", folder, name, (int)n, target) < 0)
			next = NULL;
		free(name);
		name = next;
	}
	if (name)
		errno = ELOOP;
	free(name);
	return NULL;
}

/* Never a file that is there. */
static int part_create(struct draft *draft)
{
	char number[16] = "";

	for (int n = 1; n <= PARTS_MOST; n++) {
		free(draft->part);
		if (asprintf(&draft->part, "%s.part%s", draft->path, number) < 0) {
			draft->part = NULL;
			return -1;
		}
		int fd = open(draft->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
		snprintf(number, sizeof number, "-%d", n);
	}
	return -1;
}

int draft_open(struct draft *draft, const char *path)
{
	struct stat about;

	*draft = (struct draft){0};
	if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
		return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	draft->path = links_follow(path);
	int fd = draft->path ? part_create(draft) : -1;
	if (fd < 0)
		release(draft);
	return fd;
}

bool draft_keep(struct draft *draft)
{
	if (draft->part && rename(draft->part, draft->path) != 0) {
		draft_drop(draft);
		return false;
	}
	release(draft);
	return true;
}

void draft_drop(struct draft *draft)
{
	int reason = errno;

	if (draft->part)
		unlink(draft->part);
	release(draft);
	errno = reason;
}
