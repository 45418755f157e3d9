/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two heaps behind central.h, for its own sources.
 */
#ifndef OSMEM_DROPIN_CENTRAL_HEAPS_H
#define OSMEM_DROPIN_CENTRAL_HEAPS_H

#include <osmem/heap.h>

enum central_which { CENTRAL_SMALL, CENTRAL_LARGE };

/* Perhaps both are the same one. */
struct osm_heap *central_heap(enum central_which which);
/* Around all that is done with them. False: this thread is in a heap already. */
bool central_enter(void);
void central_leave(const char *call);

#endif
