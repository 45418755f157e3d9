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
	audit_finds(&rig, OSM_FAULT_INTERNAL, c, "a live block is listed as free");
	index_remove(&engine->index, block_of(c), bytes_of(c));
	audit_passes(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_AUDITS,
		cmocka_unit_test(live_block_listed_found),
	};

	return !!cmocka_run_group_tests_name("audit best-fit-lifo-scan/tag", tests, NULL, NULL);
}
