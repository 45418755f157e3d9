/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What best fit, lifo, finds when its state was damaged: the textbook's, with one list of all free blocks.
 */
#include "support/audit.h"

#define OSM_LAYOUT tag
#define OSM_SCAN 1
#define OSM_DEFINE_POLICY(name) static const struct osm_policy audited
#include "policies/space.h"
#include "policies/index_list.h"
#include "policies/best_fit_lifo.c"

#include "support/audit_engine.h"

static void live_block_listed_found(void **state)
{
	(void)state;
	engine_open(AUDIT_SMALL);
	engine_free_block(a);
	index_insert(&engine->index, block_of(c), bytes_of(c));
	audit_finds(&rig, OSM_FAULT_DAMAGED, c, "a free block was written to");
	index_remove(&engine->index, block_of(c), bytes_of(c));
	audit_passes(&rig);
}

/* Links that nobody could have made by accident lead round in a circle: a walk ends, and nothing is taken out. */
static void circle_in_list_ends(void **state)
{
	struct osm_shortfall price;
	struct space *s;
	link_word kept;

	(void)state;
	engine_open(AUDIT_SMALL);
	s = &engine->index.space;
	engine_free_block(a);
	engine_free_block(c);
	for (unsigned i = 0; i < 2; i++) {
		struct block *from = block_of(i == 0 ? a : c);

		for (unsigned j = 0; j < 2; j++) {
			kept = node_link(s, from, LIST_NEXT);
			node_set_link(s, from, LIST_NEXT, link_to_set(s, block_of(j == 0 ? a : c)));
			if (kept != node_link(s, from, LIST_NEXT)) {
				assert_null(audited.alloc(rig.state, 1, 16, &price));
				audit_met(&rig, from == block_of(a) ? a : c, "a free block was written to");
				audit_finds(&rig, OSM_FAULT_DAMAGED, from == block_of(a) ? a : c, "a free block was written to");
			}
			node_set_link(s, from, LIST_NEXT, kept);
		}
	}
	audit_passes(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_AUDITS,
		cmocka_unit_test(live_block_listed_found),
		cmocka_unit_test(circle_in_list_ends),
	};

	return !!cmocka_run_group_tests_name("audit best-fit-lifo-scan/tag", tests, NULL, NULL);
}
