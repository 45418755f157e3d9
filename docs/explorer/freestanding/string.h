/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library needs of string.h, for a target that has no C library. explorer.c has the functions.
 */
#ifndef DOCS_EXPLORER_FREESTANDING_STRING_H
#define DOCS_EXPLORER_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

#endif
