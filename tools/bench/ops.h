/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file ops.h
 * @brief One operation of a load, done on a policy alone or on the process's malloc.
 *
 * Both are compiled into the same loop: it looks at the operation, makes the one call, and keeps the block. Whoever calls
 * with a constant NULL gets the loop for malloc, with malloc and free called as a program calls them.
 */
#ifndef OSMEM_TOOLS_BENCH_OPS_H
#define OSMEM_TOOLS_BENCH_OPS_H

#include <stdlib.h>
#include <string.h>

#include "tools/bench/load.h"
#include "tools/bench/solo.h"

/** @brief Inlined, so that a constant argument decides at compile time. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/**
 * @brief Allocate.
 * @param solo the policy; NULL: the process's malloc
 * @param n    bytes, not 0
 * @return the block, or NULL
 */
ALWAYS_INLINE void *op_alloc(struct solo *solo, size_t n)
{
	return solo ? solo_alloc(solo, n, 0) : malloc(n);
}

/**
 * @brief Allocate zeros.
 * @param solo the policy; NULL: the process's malloc
 * @param n    bytes, not 0
 * @return the block, or NULL
 */
ALWAYS_INLINE void *op_calloc(struct solo *solo, size_t n)
{
	if (!solo)
		return calloc(1, n);
	void *p = solo_alloc(solo, n, 0);
	return p ? memset(p, 0, n) : p;
}

/**
 * @brief Allocate with an alignment.
 * @param solo  the policy; NULL: the process's malloc
 * @param n     bytes, not 0
 * @param shift the alignment is two to the power of this
 * @return the block, or NULL
 */
ALWAYS_INLINE void *op_aligned(struct solo *solo, size_t n, unsigned shift)
{
	size_t align = (size_t)1 << shift;
	void *p;

	if (solo)
		return solo_alloc(solo, n, align);
	return posix_memalign(&p, align < sizeof(void *) ? sizeof(void *) : align, n) == 0 ? p : NULL;
}

/**
 * @brief Free.
 * @param solo the policy; NULL: the process's malloc
 * @param p    a block
 */
ALWAYS_INLINE void op_free(struct solo *solo, void *p)
{
	if (solo)
		solo_free(solo, p);
	else
		free(p);
}

/**
 * @brief Do an operation. Blocks of 0 bytes are no blocks, because allocators differ in what they make of them.
 * @param solo the policy; NULL: the process's malloc
 * @param op   the operation
 * @param p    its block before
 * @return its block afterwards; NULL if there is none, or if memory ran out
 */
ALWAYS_INLINE void *op_run(struct solo *solo, const struct trace_op *op, void *p)
{
	size_t n = op->size;

	if (n == 0) { /* a free, too */
		if (p)
			op_free(solo, p);
		return NULL;
	}
	switch ((enum osm_trace_kind)op->kind) {
	case OSM_TRACE_CALLOC:
		return op_calloc(solo, n);
	case OSM_TRACE_ALIGNED:
		return op_aligned(solo, n, op->align_shift);
	case OSM_TRACE_REALLOC:
		if (p)
			return solo ? solo_realloc(solo, p, n) : realloc(p, n);
		break;
	default:
		break;
	}
	return op_alloc(solo, n);
}

#endif
