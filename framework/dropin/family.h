/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The family under names of its own, so that tests can link it beside the C library's; faces.c gives the known names.
 *
 * All behave as C23 and POSIX.1-2024 say; where these leave room, as the GNU C library does: a request of 0 bytes gets
 * a block of its own, realloc to 0 bytes frees.
 */
#ifndef OSMEM_DROPIN_FAMILY_H
#define OSMEM_DROPIN_FAMILY_H

#include <stddef.h>

void *family_malloc(size_t n);
void *family_calloc(size_t count, size_t n);
void *family_realloc(void *p, size_t n);
void family_free(void *p);
/* EINVAL for what is no power of two. */
void *family_aligned(const char *call, size_t align, size_t n);
/* 0, EINVAL or ENOMEM; *result is written only with 0; errno is kept. */
int family_posix_memalign(void **result, size_t align, size_t n);
size_t family_usable_size(const void *p);
size_t family_page_size(void);

#endif
