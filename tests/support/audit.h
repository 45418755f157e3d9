/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy whose state a test may reach into: what it finds when that, or a block, was damaged.
 *
 * A test includes the policy's source, with OSM_DEFINE_POLICY defined so that the policy is the file's own.
 */
#ifndef TESTS_SUPPORT_AUDIT_H
#define TESTS_SUPPORT_AUDIT_H

#include "rig.h"
#include "unit.h"

/* Two spans: one that an index covers with its smallest tables, and one that has all it can have. */
#define AUDIT_SMALL ((size_t)4096)
#define AUDIT_LARGE ((size_t)4 << 20)

/* Begins with no region; the granule is 16. All memory is zero. */
void audit_begin(struct rig *rig, const struct osm_policy *policy, size_t reach);

/* A block, which must be had; what it costs is paid. */
void *audit_alloc(struct rig *rig, size_t n);

/* The check finds nothing. */
void audit_passes(struct rig *rig);

/* The check finds exactly this. */
void audit_finds(struct rig *rig, enum osm_fault_kind kind, const void *where, const char *detail);

/* A call met exactly this damage; it is forgotten. */
void audit_met(struct rig *rig, const void *where, const char *detail);

#endif
