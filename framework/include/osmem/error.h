/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file error.h
 * @brief What happens when a program misuses a heap: one handler, which a program can replace.
 */
#ifndef OSMEM_ERROR_H
#define OSMEM_ERROR_H

#include <osmem/policy.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct osm_heap;

/**
 * @brief Told of each misuse, after the heap has finished the call and released its lock.
 *
 * A handler may return: the call that found the misuse then changes nothing and answers NULL, 0 or not at all. It may
 * also longjmp, exit or abort. It may use the heap.
 * @param heap    the heap that was called
 * @param call    the public call, e.g. "osm_heap_free"
 * @param fault   what is wrong and where
 *
 * @snippet reference.c osm_error_handler
 */
typedef void osm_error_handler(struct osm_heap *heap, const char *call, const struct osm_fault *fault);

/**
 * @brief Replace the process's handler.
 *
 * Cost: O(1). Locking: none, atomic.
 * @param handler the new one, or NULL for the default: one line on fd 2, written without the heap, then abort()
 * @return the one before, NULL if it was the default
 *
 * @snippet reference.c osm_set_error_handler
 */
osm_error_handler *osm_set_error_handler(osm_error_handler *handler);

/**
 * @brief The name of a fault, e.g. "double free".
 * @param kind which
 * @return static text
 *
 * @snippet reference.c osm_fault_name
 */
const char *osm_fault_name(enum osm_fault_kind kind);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
