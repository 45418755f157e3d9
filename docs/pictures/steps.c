/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much a policy searches: the most steps that one call takes in a heap with many free blocks.
 *
 *     | hole | separator | hole | separator | ... the rest is free |
 *
 * Holes of several sizes are freed, then a needle is asked for that none of them can hold, and freed again. The policy
 * is called without a heap around it, since steps are nobody's business but the policy's.
 */
#include "drawings.h"

#include <stdio.h>
#include <string.h>

#define MEMORY_BYTES (4u << 20)
#define OWN_BYTES (256u << 10)
#define HOLES_MAX 4096
#define SEPARATOR 16
#define NEEDLE 400

static _Alignas(4096) char memory[MEMORY_BYTES], own[OWN_BYTES];
static _Alignas(64) char state[OSM_STATE_MAX];

struct field {
	const struct osm_policy *policy;
	struct osm_metadata metadata; /* takes from `own` */
	size_t own_used;
	struct osm_region region;
	struct osm_regions regions;
	struct osm_fault fault;
	struct osm_policy_config config;
	size_t most; /* steps that one call took */
};

static struct field field;

static void *own_take(struct osm_metadata *self, size_t n)
{
	char *piece = own + field.own_used;

	(void)self;
	n = (n + 63) / 64 * 64;
	if (n > OWN_BYTES - field.own_used)
		return NULL;
	field.own_used += n;
	return piece;
}

static void field_begin(const struct osm_policy *policy)
{
	memset(own, 0, sizeof own);
	memset(state, 0, sizeof state);
	field = (struct field){
		.policy = policy,
		.metadata.take = own_take,
		.region = {.start = memory, .end = memory, .bought = memory + MEMORY_BYTES, .limit = memory + MEMORY_BYTES},
		.regions = {&field.region, &field.region},
		.config = {.granule = 16, .regions = &field.regions, .metadata = &field.metadata, .fault = &field.fault},
	};
	if (policy->state_size > sizeof state)
		give_up("%s: its state is too large", policy->name);
	policy->init(state, &field.config);
	if (!policy->extend(state, &field.region, memory + MEMORY_BYTES))
		give_up("%s: no room for metadata", policy->name);
}

static void note_steps(size_t before)
{
	size_t steps = field.policy->steps(state) - before;

	if (steps > field.most)
		field.most = steps;
}

static void *field_alloc(size_t n)
{
	size_t before = field.policy->steps(state);
	struct osm_shortfall price;
	void *p = field.policy->alloc(state, n, 16, &price);

	if (!p)
		give_up("%s: no room for %zu bytes", field.policy->name, n);
	note_steps(before);
	return p;
}

static void field_free(void *p)
{
	size_t before = field.policy->steps(state);

	if (!field.policy->free(state, p))
		give_up("%s: %s", field.policy->name, field.fault.detail);
	note_steps(before);
}

/* The most steps that a call takes once all holes are there to be freed. */
static size_t most_steps(const struct osm_policy *policy, size_t count)
{
	static void *holes[HOLES_MAX];

	field_begin(policy);
	for (size_t i = 0; i < count; i++) {
		holes[i] = field_alloc(128 + 16 * (i * 7 % 8));
		field_alloc(SEPARATOR);
	}
	field.most = 0;
	for (size_t i = 0; i < count; i++)
		field_free(holes[i]);
	field_free(field_alloc(NEEDLE));
	return field.most;
}

void write_steps(const char *folder)
{
	static const char *const names[] = {"first-fit", "next-fit", "best-fit", "best-fit-lifo"};
	static const size_t counts[] = {16, 256, HOLES_MAX};
	char path[4096], twin[32];
	FILE *file;

	snprintf(path, sizeof path, "%s/steps.html", folder);
	file = fopen(path, "w");
	if (!file)
		give_up("%s cannot be written", path);
	fputs("<table class='doxtable' data-table='steps'>\n<tr><th>free blocks</th>", file);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		fprintf(file, "<th>%s-scan</th><th>%s</th>", names[i], names[i]);
	for (size_t row = 0; row < sizeof counts / sizeof *counts; row++) {
		fprintf(file, "</tr>\n<tr><td>%zu</td>", counts[row]);
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			snprintf(twin, sizeof twin, "%s-scan", names[i]);
			fprintf(file, "<td>%zu</td><td>%zu</td>", most_steps(policy_named(twin, "tag"), counts[row]),
			        most_steps(policy_named(names[i], "tag"), counts[row]));
		}
	}
	fputs("</tr>\n</table>\n", file);
	if (ferror(file) || fclose(file) != 0)
		give_up("a table could not be written");
}
