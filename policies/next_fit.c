/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Next fit: the first free block that suffices in address order from the rover on, wrapping once.
 *
 * The rover is the end of the block last allocated; when a merge swallows that address it drops to the start of the
 * merged block. Short searches; small blocks are scattered over the whole heap.
 * Source: Knuth 1973, The Art of Computer Programming, vol. 1, 2.5, exercise 6 ("roving pointer").
 */
#define INDEX_FILE "policies/index_address.h"
#include "policies/engine.h"

static struct block *next_fit(struct engine *e, const struct request *want)
{
	struct block *b = index_first(&e->index, e->rover, want);

	if (!b && e->rover && e->index.space.config->fault->kind == OSM_FAULT_NONE)
		b = index_first(&e->index, NULL, want);
	return b;
}

ENGINE_ALLOC(next_fit)

OSM_DEFINE_POLICY(next_fit) = {
	.name = ENGINE_NAME("next-fit"),
	.summary = "the next free block that suffices, from where the last search ended",
	.alloc = engine_alloc_next_fit,
	ENGINE_SLOTS,
};
