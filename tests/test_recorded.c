/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every fit, decision for decision, over all operations of the recorded programs in tests/traces: each address, each
 * answer and each price is what the model says, and in the end so are all blocks. The policies with an index do all of
 * them. Their twins that scan, for which that takes minutes, do the first ones, and with OSM_SLOW=1 in the environment ten
 * times as many.
 */
#include "support/tandem.h"
#include "support/unit.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace.h"

#define TRACES "tests/traces/*.rep.gz"
#define REGION_BYTES ((size_t)64 << 20)
#define OWN_BYTES ((size_t)16 << 20)
#define GRANULE 16
#define SCANNED 4000
#define CELLS 512

struct recorded {
	const char *path;
	struct trace trace;
};

struct cell {
	const struct osm_policy *policy;
	const struct recorded *recorded;
	size_t end; /* operations to do */
};

static struct tandem_space space;
static struct tandem tandem;

/* Blocks of 0 bytes are no blocks. */
static void play(const struct trace_op *op)
{
	bool live = tandem.space->blocks[op->slot].p != NULL;
	size_t align = op->kind == OSM_TRACE_ALIGNED ? (size_t)1 << op->align_shift : GRANULE;

	if (op->size > 0 && live)
		tandem_resize(&tandem, op->slot, op->size);
	else if (op->size > 0)
		tandem_alloc(&tandem, op->slot, op->size, align > GRANULE ? align : GRANULE);
	else if (live)
		tandem_free(&tandem, op->slot);
	if (op->size > 0 && !tandem.space->blocks[op->slot].p)
		fail_msg("operation %zu: out of memory", tandem.op);
}

static void policy_recorded_program_as_model(void **state)
{
	const struct cell *cell = *state;
	const struct trace *trace = &cell->recorded->trace;

	tandem_begin(&tandem, &space, cell->policy, GRANULE, cell->recorded->path);
	for (size_t i = 0; i < cell->end; i++) {
		play(&trace->ops[i]);
		tandem.op = i + 1; /* those that are none for the policy count, too */
		if (i + 1 == trace->peak_at)
			tandem_compare(&tandem);
	}
	tandem_end(&tandem);
}

static size_t traces_load(const glob_t *files, struct recorded *recorded)
{
	size_t slots = 0;

	for (size_t i = 0; i < files->gl_pathc; i++) {
		struct osm_trace_error error;
		recorded[i].path = files->gl_pathv[i];
		if (!trace_load(&recorded[i].trace, recorded[i].path, &error)) {
			trace_complain(NULL, recorded[i].path, &error);
			abort();
		}
		slots = recorded[i].trace.slots > slots ? recorded[i].trace.slots : slots;
	}
	return slots;
}

static bool model_knows(const struct osm_policy *policy)
{
	static struct oracle oracle;

	return oracle_begin(&oracle, policy->name, policy->layout ? policy->layout : "", GRANULE) &&
	       oracle.rule != ORACLE_BUDDY;
}

/* How many operations of a trace are done. */
static size_t end_for(const struct osm_policy *policy, const struct trace *trace)
{
	const char *slow = getenv("OSM_SLOW");
	size_t end = trace->count / THRIFT, scanned = SCANNED / THRIFT;

	if (slow && strcmp(slow, "1") == 0)
		scanned *= 10;
	return strstr(policy->name, "-scan") && scanned < end ? scanned : end;
}

int main(void)
{
	static struct CMUnitTest tests[CELLS];
	static struct cell cells[CELLS];
	static char names[CELLS][96];
	glob_t files;
	size_t count = 0;

	if (glob(TRACES, 0, NULL, &files) != 0) {
		fputs("there is no " TRACES ": run this from the project's folder\n", stderr);
		return 1;
	}
	struct recorded *recorded = calloc(files.gl_pathc, sizeof *recorded);
	if (!recorded)
		return 1;
	tandem_space_begin(&space, REGION_BYTES, OWN_BYTES, traces_load(&files, recorded));
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		for (size_t i = 0; i < files.gl_pathc && model_knows(*p); i++, count++) {
			if (count == CELLS)
				abort();
			cells[count] = (struct cell){*p, recorded + i, end_for(*p, &recorded[i].trace)};
			snprintf(names[count], sizeof *names, "%s/%s %s", (*p)->name, (*p)->layout, recorded[i].path);
			tests[count] = (struct CMUnitTest){
				.name = names[count], .test_func = policy_recorded_program_as_model, .initial_state = cells + count};
		}
	}
	int failed = _cmocka_run_group_tests("recorded", tests, count, NULL, NULL);
	for (size_t i = 0; i < files.gl_pathc; i++)
		trace_release(&recorded[i].trace);
	free(recorded);
	globfree(&files);
	tandem_space_end(&space);
	return failed != 0;
}
