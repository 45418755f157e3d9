/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy and a backend that pass every call on to others and note it: what really goes through the two contracts.
 */
#ifndef DOCS_CALLS_RECORD_H
#define DOCS_CALLS_RECORD_H

#include <osmem/heap.h>

#include "docs/give_up.h"

enum { RECORD_STEPS = 24, RECORD_TEXT = 64 };

/* The heap calls a slot of one of the two, and has an answer. */
struct record_step {
	enum { RECORD_POLICY, RECORD_BACKEND } who;
	char call[RECORD_TEXT];
	char answer[RECORD_TEXT]; /* empty: the slot returns nothing */
};

/* What was noted since record_begin. */
extern struct record_step record_steps[RECORD_STEPS];
extern int record_count;

/* A heap on a policy, over an arena of the recorder's own. Nothing is noted yet. */
struct osm_heap *record_heap(const char *policy, const char *layout, const struct osm_config *config);

/* Note from here on. With `refuses` the backend gives nothing. */
void record_begin(bool refuses);
void record_end(void);

#endif
