/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library asks of a C library, for the prover.
 */
#ifndef OSMEM_PROVE_STRING_H
#define OSMEM_PROVE_STRING_H

#include <stddef.h>

void *memset(void *p, int byte, size_t n);
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);

#endif
