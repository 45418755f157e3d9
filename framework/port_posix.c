/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port on POSIX systems.
 */
#include "framework/port.h"

#include <unistd.h>

extern _Noreturn void abort(void); /* stdlib.h would bring malloc */

long osm_port_write(int fd, const void *bytes, size_t n)
{
	int kept = errno;
	ssize_t written;

	do
		written = write(fd, bytes, n);
	while (written < 0 && errno == EINTR);
	errno = kept;
	return written;
}

_Noreturn void osm_port_abort(void)
{
	abort();
}
