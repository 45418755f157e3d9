/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Blocks on their way home: those of other threads' slabs wait in the thread that freed them, with others for the same
 * slab, and go over as one chain.
 */
#ifndef OSMEM_DROPIN_OUTBOX_H
#define OSMEM_DROPIN_OUTBOX_H

#include "framework/dropin/slab.h"

enum {
	OUTBOX_SLABS = 16, /* that blocks are gathered for; a power of two */
	OUTBOX_FULL = 32   /* blocks for one of them */
};

/* Blocks for one slab that are not sent yet. */
struct outgoing {
	struct slab *slab; /* NULL: none */
	struct link *first, *last;
	uint32_t count;
};

/* A thread's; all zero: empty. */
struct outbox {
	bool any; /* not all of them are empty */
	struct outgoing slabs[OUTBOX_SLABS];
};

/* A block of a slab, not of the thread's own. */
void outbox_add(struct outbox *outbox, struct slab *slab, void *p);
void outbox_send_all(struct outbox *outbox);
/* From a thread that has no outbox, or cannot use it. Without `may_wait` no lock is taken; that the slab may be empty is
 * then left to who adopts it. */
void outbox_send_one(struct slab *slab, void *p, bool may_wait);

/* The owner takes what others sent to a slab. */
void slab_collect(struct slab *slab);

#endif
