/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What hardening level 2 adds to each block; below level 2 these calls are those of serve.h.
 *
 *     | what the program asked for ......... | canary ........ |     a block of a slab: slack.h
 *     | what the program asked for ......... | canary ... seal |     of the heap, from level 1 on: seal.h
 *
 * A write of a single byte behind the end is found when the block is freed or resized, and one before the start hits the
 * block before in the slab, whose last byte is looked at too. The first block of a slab is never given out, so that each
 * has one before it.
 *
 * A freed block is filled with zeros and waits before it is really freed: see waiting.h. When it is, and when it is to
 * serve again, it must still be zero.
 */
#ifndef OSMEM_DROPIN_GUARD_H
#define OSMEM_DROPIN_GUARD_H

#include "framework/dropin/hardening.h"
#include "framework/dropin/serve.h"
#include "framework/dropin/slab.h"

/* Look at all blocks, live or free, and tell; no other thread may run. */
void guard_check(const char *call);
/* The same of one slab; `call` is a name, as elsewhere. */
void guard_check_slab(const struct slab *slab, void *call);
/* Tell of a block of a slab whose end is not as slack.h left it. */
void guard_refuse_broken(const char *call, const char *p, size_t size, size_t slack);
/* Tell of a freed block that is not as it was left. */
void guard_refuse_written(const char *call, const char *p, size_t size);

void *guard_alloc_sealed(const char *call, size_t align, size_t n);
void *guard_malloc_sealed(size_t n);
void *guard_calloc_sealed(const char *call, size_t count, size_t each);
void *guard_realloc_sealed(const char *call, void *p, size_t n);
void guard_free_sealed(const char *call, void *p);
size_t guard_usable_size_sealed(const char *call, const void *p);

/* A request of no bytes gets a block of its own. */
static inline size_t guard_at_least_one(size_t n)
{
	return n ? n : 1;
}

static inline void *guard_alloc(const char *call, size_t align, size_t n)
{
	return HARDENING == 2 ? guard_alloc_sealed(call, align, n) : serve_alloc(call, align, guard_at_least_one(n));
}

static inline void *guard_calloc(const char *call, size_t count, size_t each)
{
	return HARDENING == 2 ? guard_calloc_sealed(call, count, each) : serve_calloc(call, count, each);
}

static inline void *guard_realloc(const char *call, void *p, size_t n)
{
	return HARDENING == 2 ? guard_realloc_sealed(call, p, n) : serve_realloc(call, p, n);
}

static inline void guard_free(const char *call, void *p)
{
	if (HARDENING == 2)
		guard_free_sealed(call, p);
	else
		serve_free(call, p);
}

static inline size_t guard_usable_size(const char *call, const void *p)
{
	return HARDENING == 2 ? guard_usable_size_sealed(call, p) : serve_usable_size(call, p);
}

#endif
