/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The outbox: direct-mapped by slab. A chain goes over with one compare-and-swap, when it is full, when another slab needs
 * its place, when the thread looks for blocks itself, and when it ends. Modelled in tests/models/remote.pml, and
 * handover.pml for slabs that lose their owner meanwhile; interrupt.pml for signal handlers.
 */
#include "framework/dropin/outbox.h"

#include "framework/dropin/front.h"
#include "framework/dropin/pool.h"
#include "framework/dropin/sound.h"

/* Put a chain on its slab's foreign list, in one step. */
static void send(const struct outgoing *out, bool may_wait)
{
	struct slab *slab = out->slab;
	uint64_t word = atomic_load_explicit(&slab->foreign, memory_order_relaxed), sum;

	do {
		link_set(out->last, foreign_first(slab, word));
		sum = foreign_pack(slab, out->first, foreign_count(word) + out->count);
		/* Releases the blocks to whoever takes the list. Sequentially consistent with the next load: see
		 * pool_abandon(). That the list may have been taken and begun anew meanwhile does not matter: nothing was
		 * read from its blocks. */
	} while (!atomic_compare_exchange_weak(&slab->foreign, &word, sum));
	/* The slab may be another's by now, or empty and in another class; the pool looks before it acts. */
	if (atomic_load(&slab->owner) != SLAB_NOBODY)
		return;
	if (may_wait)
		pool_look(slab);
	else
		front_thread.look_later = true;
}

void outbox_send_all(struct outbox *outbox)
{
	if (!outbox->any)
		return;
	outbox->any = false;
	for (struct outgoing *out = outbox->slabs; out < outbox->slabs + OUTBOX_SLABS; out++) {
		if (out->slab)
			send(out, true);
		out->slab = NULL;
	}
}

void outbox_send_one(struct slab *slab, void *p, bool may_wait)
{
	link_set(p, NULL);
	send(&(struct outgoing){slab, p, p, 1}, may_wait);
}

void outbox_add(struct outbox *outbox, struct slab *slab, void *p)
{
	struct outgoing *out = &outbox->slabs[(size_t)(slab - slab_range.slabs) % OUTBOX_SLABS];
	struct link *block = p;

	if (out->slab == slab) {
		link_set(block, out->first);
		out->first = block;
		if (++out->count < OUTBOX_FULL)
			return;
		send(out, true);
		out->slab = NULL;
		return;
	}
	if (out->slab)
		send(out, true);
	link_set(block, NULL);
	*out = (struct outgoing){slab, block, block, 1};
	outbox->any = true;
}

/* Take what others sent home. The slab may have all its blocks then, which its `until` does not tell. */
void slab_collect(struct slab *slab)
{
	struct link *first, *last;
	uint64_t word;
	uint32_t out;

	if (atomic_load_explicit(&slab->foreign, memory_order_relaxed) == 0)
		return;
	/* acquire: what the senders wrote into the blocks is seen. The whole list is taken, so there is no ABA. */
	word = atomic_exchange_explicit(&slab->foreign, 0, memory_order_acquire);
	first = foreign_first(slab, word);
	last = list_last(slab, first, foreign_count(word));
	if (!last) {
		list_report(slab, first, foreign_count(word));
		return;
	}
	link_set(last, slab->free);
	slab->free = first;
	out = slab_out(slab) - foreign_count(word);
	if (slab->state == SLAB_PARTIAL || slab->until > out)
		slab->until = out;
	slab->rest = out - slab->until;
}
