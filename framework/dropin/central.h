/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of the drop-in that all threads share: one heap behind its lock, on the policy and backend of the process.
 *
 * Each call takes the name of the public call that is running, for reports.
 */
#ifndef OSMEM_DROPIN_CENTRAL_H
#define OSMEM_DROPIN_CENTRAL_H

#include <osmem/heap.h>

#include "framework/dropin/options.h"

/* Make the heap. False: the system has no memory for it. */
bool central_begin(const struct dropin_options *options);

/* n bytes, not 0 below hardening level 2, aligned to a power of two; NULL: memory ran out, errno ENOMEM. */
void *central_alloc(const char *call, size_t align, size_t n);
/* n zero bytes, not 0; NULL as above. */
void *central_calloc(const char *call, size_t n);
/* A block of central's, resized to n bytes, not 0; NULL as above and the block is as it was. */
void *central_realloc(const char *call, void *p, size_t n);
/* The same only where the block lies; false: it cannot be. `old`: the bytes that it had; SIZE_MAX: it is no live block of
 * central's, which is reported. */
bool central_resize(const char *call, void *p, size_t n, size_t *old);
/* A live block of central's is to wait until it is freed, so that nothing else can be done with it meanwhile: its bytes,
 * the last word of which is its seal; 0: it is none, which is reported. At hardening level 2. */
size_t central_retain(const char *call, void *p);
/* Free a block of central's; errno is kept. Anything else is reported. */
void central_free(const char *call, void *p);
/* The bytes of a block of central's that may be used. */
size_t central_usable_size(const char *call, const void *p);

/* Tell of a misuse as OSMEM_ON_ERROR says; returns if the program may go on. No lock of the drop-in is held. */
void central_report(const char *call, const struct osm_fault *fault);
/* The same, with the block that it is about. */
void central_report_block(const char *call, const struct osm_fault *fault, const void *block, size_t size);

/* Give memory back to the system: kept mappings, the heap's end but for `keep` bytes, free pages; false: there was none. */
bool central_trim(size_t keep);
void central_stats(struct osm_stats *stats);
/* Every block, as osm_heap_walk; from hardening level 1 on the last word of a live one is its seal. */
void central_walk(osm_visit *visit, void *context);

/* Is this thread in the heap? Then its signal handlers get no memory from it. */
bool central_is_entered(void);

/* Around a fork: no other thread is in the heap between the two. */
void central_lock(void);
void central_unlock(void);

#endif
