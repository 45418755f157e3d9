/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy on its own, without a heap and a backend: the rig owns the regions and pays exactly the price that the
 * policy names, as a heap with exact growth would.
 */
#ifndef TESTS_SUPPORT_RIG_H
#define TESTS_SUPPORT_RIG_H

#include "script.h"

#include <osmem/policy.h>

#define RIG_REGIONS 8
#define RIG_STATE 4096
#define RIG_PIECES 32

/* What a rig is made of: the caller's memory. */
struct rig_space {
	char *memory; /* address space for regions */
	size_t bytes;
	size_t reach; /* bytes that one region can have */
	size_t gap;   /* bytes between one region's reach and the next region */
	char *own;    /* for the policy's metadata; aligned to 64 */
	size_t own_bytes;
	bool trusted; /* what the policy is told */
};

struct rig {
	const struct osm_policy *policy;
	struct osm_policy_config config;
	struct osm_regions regions;
	struct osm_metadata metadata; /* handed to the policy; finds its rig again by its offset */
	struct osm_fault fault;
	struct osm_region region[RIG_REGIONS];
	unsigned region_count;
	struct rig_space space;
	size_t own_used;
	char *piece_ends[RIG_PIECES]; /* of metadata; behind each is what nobody may write to */
	unsigned piece_count;
	void *slots[SCRIPT_SLOTS];
	_Alignas(64) unsigned char state[RIG_STATE];
};

/* Begins with no region. */
void rig_begin(struct rig *rig, const struct osm_policy *policy, size_t granule, const struct rig_space *space);

/* Begins a region, or grows the newest one. False: the memory is used up, or the policy refused. */
bool rig_region(struct rig *rig, size_t bytes);
bool rig_grow(struct rig *rig, size_t bytes);

/* Pays for what the policy named: growth if that helps and the region can, else a fresh region. */
bool rig_pay(struct rig *rig, const struct osm_shortfall *shortfall);

/* One operation of a script, paying as needed; a resize may refuse. Returns NULL, or what went wrong. */
const char *rig_apply(struct rig *rig, const struct script_op *op);

/* Has the policy kept within its state, and within the pieces of metadata that it took? */
bool rig_is_within(const struct rig *rig);

/* Draws all blocks. */
void rig_draw(const struct rig *rig, struct picture *picture);

#endif
