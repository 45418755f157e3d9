/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fences, at hardening level 2: a page before and a page behind each mapping that cannot be touched.
 *
 *     | no access | mapping ............ | no access |
 *
 * What is unmapped becomes a fence as a whole, and its addresses are used again only after some others.
 */
#ifndef OSMEM_DROPIN_FENCE_H
#define OSMEM_DROPIN_FENCE_H

#include <osmem/backend.h>

/* A backend like the given one whose mappings have fences and are never resized; the given one itself if its mappings are
 * not the system's. Once a process; the heap's lock guards it. */
struct osm_backend *fence_over(struct osm_backend *backend);
/* The system gets back all that nobody may touch; false: there was nothing. */
bool fence_release(void);

#endif
