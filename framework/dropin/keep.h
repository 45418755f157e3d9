/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend over a backend: freed mappings are kept for a while, so that a program that allocates large blocks in a
 * loop does not fault their pages in anew each time.
 */
#ifndef OSMEM_DROPIN_KEEP_H
#define OSMEM_DROPIN_KEEP_H

#include <osmem/backend.h>
#include <stdbool.h>

/* Wrap a backend whose mappings can be taken apart and joined, as the system's can; any other is returned as it is. */
struct osm_backend *keep_over(struct osm_backend *backend);

/*
 * What is kept is dirty, while the backend promises zeroes, which a heap's metadata counts on. So it is handed out only
 * between these two calls, for a block, under the heap's lock.
 */
void keep_allow(void);
/* True if the last mapping came from the system. */
bool keep_forbid(void);

/* Heap's lock held. Give all of it back; false: there was nothing. */
bool keep_release(void);

#endif
