/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Audits: see audit.h.
 */
#include "audit.h"

#include <string.h>

#define OWN_BYTES ((size_t)256 << 10)

void audit_begin(struct rig *rig, const struct osm_policy *policy, size_t reach)
{
	static _Alignas(4096) char memory[AUDIT_LARGE], own[OWN_BYTES];
	struct rig_space space = {memory, sizeof memory, reach, 0, own, sizeof own, false};

	memset(memory, 0, AUDIT_SMALL);
	rig_begin(rig, policy, 16, &space);
}

void *audit_alloc(struct rig *rig, size_t n)
{
	struct script_op op = {SCRIPT_ALLOC, 0, n, 1};

	assert_null(rig_apply(rig, &op));
	return rig->slots[0];
}

void audit_passes(struct rig *rig)
{
	struct osm_fault fault = {0};

	if (!rig->policy->check(rig->state, &fault))
		fail_msg("the check finds: %s", fault.detail);
	assert_int_equal(fault.kind, OSM_FAULT_NONE);
	assert_int_equal(rig->fault.kind, OSM_FAULT_NONE);
}

static void assert_fault(const struct osm_fault *fault, enum osm_fault_kind kind, const void *where, const char *detail)
{
	assert_string_equal(osm_fault_name(fault->kind), osm_fault_name(kind));
	assert_string_equal(fault->detail, detail);
	assert_ptr_equal(fault->where, where);
}

void audit_finds(struct rig *rig, enum osm_fault_kind kind, const void *where, const char *detail)
{
	struct osm_fault fault = {0};

	assert_false(rig->policy->check(rig->state, &fault));
	assert_fault(&fault, kind, where, detail);
}

void audit_met(struct rig *rig, const void *where, const char *detail)
{
	assert_fault(&rig->fault, OSM_FAULT_DAMAGED, where, detail);
	rig->fault = (struct osm_fault){0};
}
