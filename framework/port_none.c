/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port without a system: nowhere to write to, and a trap for an end.
 */
#include "framework/port.h"

long osm_port_write(int fd, const void *bytes, size_t n)
{
	(void)fd;
	(void)bytes;
	(void)n;
	return -1;
}

_Noreturn void osm_port_abort(void)
{
	__builtin_trap();
}
