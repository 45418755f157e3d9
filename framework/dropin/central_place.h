/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one of the heaps behind central.h holds at a pointer, and its seal: see seal.h. For central's own sources.
 */
#ifndef OSMEM_DROPIN_CENTRAL_PLACE_H
#define OSMEM_DROPIN_CENTRAL_PLACE_H

#include "framework/dropin/seal.h"
#include "framework/heap_core.h"

/* What a heap holds at p. */
struct place {
	struct osm_heap *heap;     /* locked */
	struct block_meta *mapped; /* NULL: the policy placed it */
};

/* Lock the heap of a live block; false: there is none, or it was overrun, which has been reported. */
bool place_find(const char *call, const void *p, struct place *place);

/* The bytes of a place's block as the heap counts them, its seal among them. */
static inline size_t place_bytes(const struct place *at, const void *p)
{
	return at->mapped ? at->mapped->size : at->heap->policy->usable_size(at->heap->state, p);
}

/* Those of them that are the program's. */
static inline size_t place_request(const struct place *at, const void *p)
{
	return HARDENING > 0 ? seal_request(p, place_bytes(at, p)) : place_bytes(at, p);
}

/* The block at p is the program's up to n. */
static inline void place_seal(const struct place *at, void *p, size_t n)
{
	if (HARDENING > 0)
		seal_live(p, place_bytes(at, p), n);
}

/* What is asked of the heap for n bytes. What is too much stays so. */
static inline size_t with_seal(size_t n)
{
	if (HARDENING == 0)
		return n;
	if (n < SEAL_LEAST)
		n = SEAL_LEAST;
	return n <= OSM_REQUEST_MAX ? n + SEAL_WORD : n;
}

#endif
