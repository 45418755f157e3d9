/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who serves a request: a slab, or the heap. Sizes are never 0, but for calloc.
 *
 * Each call takes the name of the public call that is running, for reports.
 */
#ifndef OSMEM_DROPIN_SERVE_H
#define OSMEM_DROPIN_SERVE_H

#include <stddef.h>

/* n bytes, aligned to a power of two; NULL: memory ran out, errno ENOMEM. */
void *serve_alloc(const char *call, size_t align, size_t n);
/* So many elements of zero bytes, whose product is no more than SIZE_MAX, and may be 0; NULL as above. */
void *serve_calloc(const char *call, size_t count, size_t each);
/* Resize a live block; NULL: memory ran out, and the block is as it was; or it is none, which is reported. */
void *serve_realloc(const char *call, void *p, size_t n);
/* Free a live block; anything else is reported. NULL is fine. */
void serve_free(const char *call, void *p);
/* The bytes of a live block that may be used; 0 for what is none, which is reported, and for NULL. */
size_t serve_usable_size(const char *call, const void *p);

#endif
