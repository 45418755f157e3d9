/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file osmem.h
 * @brief The four classic calls, over one default heap that works from the first instruction of a program on.
 *
 * Policy, backend and layout of the default heap are fixed when the library is built (`scons policy=... backend=...
 * layout=...`). All four calls take the default heap's lock; none may be called from a signal handler.
 */
#ifndef OSMEM_OSMEM_H
#define OSMEM_OSMEM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @brief Allocate memory.
 *
 * Cost: that of the policy. Classic profile: aligned to 8; below 128 KiB with its header on the heap, else mapped.
 * @param n bytes; 0 gives NULL
 * @return the memory, or NULL with errno ENOMEM
 *
 * @snippet reference.c os_malloc
 */
void *os_malloc(size_t n);

/**
 * @brief Allocate zeroed memory for an array.
 *
 * Classic profile: below a page with its header on the heap, else mapped.
 * @param count elements
 * @param n     bytes of one
 * @return the memory; NULL if either is 0; NULL with errno ENOMEM if memory runs out or the product overflows
 *
 * @snippet reference.c os_calloc
 */
void *os_calloc(size_t count, size_t n);

/**
 * @brief Resize a block, moving it if need be.
 * @param p what one of these calls gave; NULL: as os_malloc. A block that is free, or no block of ours, gives NULL
 * @param n bytes; 0 frees the block and gives NULL
 * @return the block, contents kept up to the smaller size; or NULL with errno ENOMEM, the block as it was
 *
 * @snippet reference.c os_realloc
 */
void *os_realloc(void *p, size_t n);

/**
 * @brief Free a block. errno is kept; the payload of a block on the heap is not written.
 * @param p what one of these calls gave, or NULL. Anything else is reported: see osm_set_error_handler
 *
 * @snippet reference.c os_free
 */
void os_free(void *p);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
