/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing that a signal may interrupt: see retry.h. */
#include "framework/trace/retry.h"

#include <errno.h>
#include <unistd.h>

bool (*retry_is_over)(void);

/* To be asked before each call, so that a signal that came between two of them ends the next one as well. */
static bool is_over(void)
{
	bool is_over = retry_is_over && retry_is_over();

	if (is_over)
		errno = EINTR;
	return is_over;
}

ssize_t retry_read(int fd, void *bytes, size_t n)
{
	ssize_t got;

	do {
		if (is_over())
			return -1;
		got = read(fd, bytes, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

ssize_t retry_write(int fd, const void *bytes, size_t n)
{
	ssize_t put;

	do {
		if (is_over())
			return -1;
		put = write(fd, bytes, n);
	} while (put < 0 && errno == EINTR);
	return put;
}
