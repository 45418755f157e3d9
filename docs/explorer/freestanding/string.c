/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * With -mbulk-memory each of these is one instruction.
 */
#include <string.h>

void *memcpy(void *to, const void *from, size_t n)
{
	return __builtin_memcpy(to, from, n);
}

void *memmove(void *to, const void *from, size_t n)
{
	return __builtin_memmove(to, from, n);
}

void *memset(void *to, int value, size_t n)
{
	return __builtin_memset(to, value, n);
}
