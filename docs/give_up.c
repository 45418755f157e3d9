/* SPDX-License-Identifier: BSD-3-Clause */
#include "docs/give_up.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void give_up(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}
