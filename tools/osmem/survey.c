/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a trace is made of: see survey.h.
 *
 * Age is counted in bytes that are allocated meanwhile, as is usual where lifetimes are studied: it does not depend on
 * the machine, and is what decides how much a block lies in the way of others.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/survey.h"

enum { LOOK_EVERY = 4096, RECENT = 1 << 16 };

/* A live block, by slot. */
struct birth {
	uint64_t allocated; /* bytes until then */
	size_t size;        /* when it was allocated */
	size_t now;
	uint32_t site;
	bool is_live;
};

/* A name that a free or a realloc that moved its block gave up not long ago, by a hash of it. */
struct grave {
	uint64_t id, op;
	bool is_moved;
};

struct collector {
	struct survey *survey;
	struct birth *births;
	size_t room;
	struct grave *graves;
	uint64_t ops;
	uint32_t thread; /* of the operation before */
	struct survey_groups threads;
};

/* ---- Groups */

static uint32_t *place(const struct survey_groups *groups, uint64_t key)
{
	uint32_t mask = groups->places_room - 1, at = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 32) & mask;

	while (groups->places[at] && groups->list[groups->places[at] - 1].key != key)
		at = (at + 1) & mask;
	return &groups->places[at];
}

/* Twice as many places and groups. */
static bool groups_grow(struct survey_groups *groups)
{
	uint32_t room = groups->room ? 2 * groups->room : 64;
	struct survey_group *list = realloc(groups->list, room * sizeof *list);

	if (!list)
		return false;
	groups->list = list;
	uint32_t *places = calloc(2 * (size_t)room, sizeof *places);
	if (!places)
		return false;
	free(groups->places);
	groups->places = places;
	groups->room = room;
	groups->places_room = 2 * room;
	for (uint32_t i = 0; i < groups->count; i++)
		*place(groups, list[i].key) = i + 1;
	return true;
}

/* NULL: no memory. */
static struct survey_group *group_find(struct survey_groups *groups, uint64_t key)
{
	if (groups->count == groups->room && !groups_grow(groups))
		return NULL;
	uint32_t *at = place(groups, key);
	if (!*at) {
		groups->list[groups->count] = (struct survey_group){.key = key};
		*at = ++groups->count;
	}
	return &groups->list[*at - 1];
}

/* ---- Blocks */

static unsigned log2_of(uint64_t n)
{
	return n ? 64 - (unsigned)__builtin_clzll(n) : 0;
}

static bool lifetime_add(struct histogram **histogram, uint64_t lifetime)
{
	if (!*histogram)
		*histogram = calloc(1, sizeof **histogram);
	if (*histogram)
		histogram_add(*histogram, lifetime);
	return *histogram != NULL;
}

static bool births_reserve(struct collector *collector, uint32_t slot)
{
	if (slot < collector->room)
		return true;
	size_t room = collector->room ? 2 * collector->room : 1024;
	struct birth *larger = realloc(collector->births, room * sizeof *larger);
	if (!larger)
		return false;
	memset(larger + collector->room, 0, (room - collector->room) * sizeof *larger);
	collector->births = larger;
	collector->room = room;
	return true;
}

/* A sum of sizes that were never there at a time may be more than the largest number: it stays that. */
static void add_bytes(uint64_t *sum, uint64_t bytes)
{
	if (__builtin_add_overflow(*sum, bytes, sum))
		*sum = UINT64_MAX;
}

static bool begin_block(struct collector *collector, const struct osm_trace_op *op)
{
	struct survey *survey = collector->survey;
	struct survey_class *class = &survey->classes[log2_of(op->size)];
	struct survey_group *site = group_find(&survey->sites, op->site), *size = group_find(&survey->sizes, op->size);

	if (!site || !size || !births_reserve(collector, op->slot))
		return false;
	collector->births[op->slot] = (struct birth){survey->allocated, op->size, op->size, op->site, true};
	add_bytes(&survey->allocated, op->size);
	survey->empty += op->size == 0;
	class->blocks++;
	add_bytes(&class->bytes, op->size);
	site->blocks++;
	add_bytes(&site->bytes, op->size);
	size->blocks++;
	add_bytes(&size->bytes, op->size);
	return true;
}

static struct grave *grave_of(const struct collector *collector, uint64_t id)
{
	return &collector->graves[(id * 0x9e3779b97f4a7c15u) >> 48];
}

static void resize_block(struct collector *collector, const struct osm_trace_op *op)
{
	struct survey *survey = collector->survey;
	struct birth *birth = &collector->births[op->slot];

	if (op->size > birth->now) {
		survey->grown++;
		add_bytes(&survey->allocated, op->size - birth->now);
	} else if (op->size < birth->now) {
		survey->shrunk++;
	}
	birth->now = op->size;
	if (op->id_after != op->id)
		*grave_of(collector, op->id) = (struct grave){op->id, collector->ops, true};
}

static bool end_block(struct collector *collector, const struct osm_trace_op *op)
{
	struct survey *survey = collector->survey;
	struct birth *birth = &collector->births[op->slot];
	uint64_t since = survey->allocated - birth->allocated, lifetime = since > birth->size ? since - birth->size : 0;
	unsigned row = log2_of(birth->size), column = log2_of(lifetime);

	birth->is_live = false;
	*grave_of(collector, op->id) = (struct grave){op->id, collector->ops, false};
	survey->map[row < SURVEY_MAP ? row : SURVEY_MAP - 1][column < SURVEY_MAP ? column : SURVEY_MAP - 1]++;
	return lifetime_add(&survey->classes[row].lifetimes, lifetime) && lifetime_add(&survey->lifetimes, lifetime);
}

/* Numbers of threads may have gaps: who calls counts. */
static bool thread_take(struct collector *collector, uint32_t thread)
{
	if (thread == 0 || thread == collector->thread)
		return true;
	collector->thread = thread;
	return group_find(&collector->threads, thread);
}

static bool op_take(struct collector *collector, const struct osm_trace_op *op)
{
	collector->survey->kinds[op->kind]++;
	if (!thread_take(collector, op->thread))
		return false;
	if (op->kind == OSM_TRACE_FREE)
		return end_block(collector, op);
	if (op->kind == OSM_TRACE_REALLOC) {
		resize_block(collector, op);
		return true;
	}
	return begin_block(collector, op);
}

static void mistake_take(struct collector *collector, const struct osm_trace_op *op, const struct osm_trace_error *why)
{
	struct survey *survey = collector->survey;
	const struct grave *grave = grave_of(collector, op->id);
	bool goes_on = op->kind == OSM_TRACE_REALLOC || op->kind == OSM_TRACE_FREE;
	bool is_dead = goes_on && op->slot == UINT32_MAX, is_buried = is_dead && grave->op && grave->id == op->id;

	if (survey->mistake_count++ >= SURVEY_MISTAKES)
		return;
	survey->mistakes[survey->mistake_count - 1] = (struct survey_mistake){.op = collector->ops,
	                                                                      .what = *op,
	                                                                      .why = *why,
	                                                                      .is_dead = is_dead,
	                                                                      .is_moved = is_buried && grave->is_moved,
	                                                                      .gone_at = is_buried ? grave->op : 0};
}

/* What is left. */
static bool kept_take(struct collector *collector)
{
	struct survey *survey = collector->survey;

	for (uint32_t slot = 0; slot < survey->totals.slots; slot++) {
		const struct birth *birth = &collector->births[slot];
		if (!birth->is_live)
			continue;
		struct survey_group *site = group_find(&survey->sites, birth->site);
		struct survey_group *size = group_find(&survey->sizes, birth->size);
		if (!site || !size)
			return false;
		survey->classes[log2_of(birth->size)].kept++;
		survey->kept_bytes += birth->now;
		site->kept_blocks++;
		site->kept_bytes += birth->now;
		size->kept_blocks++;
		size->kept_bytes += birth->now;
	}
	return true;
}

/* ---- The trace */

static int read_all(struct collector *collector, struct osm_trace_reader *reader, const char *job)
{
	struct survey *survey = collector->survey;
	enum osm_trace_next found;
	struct osm_trace_op op;

	osm_trace_tolerate(reader);
	while ((found = osm_trace_next(reader, &op)) == OSM_TRACE_OP || found == OSM_TRACE_STRAY) {
		if (++collector->ops % LOOK_EVERY == 0)
			cli_progress(job, "reading", reader);
		if (cli_interrupted)
			return CLI_INTERRUPTED;
		survey->time = op.time;
		if (found == OSM_TRACE_STRAY)
			mistake_take(collector, &op, osm_trace_failure(reader));
		else if (!op_take(collector, &op))
			return CLI_FAILED;
	}
	survey->totals = *osm_trace_totals(reader);
	survey->threads = collector->threads.count;
	return found == OSM_TRACE_END ? CLI_OK : CLI_BAD_TRACE;
}

struct survey *survey_take(struct osm_trace_reader *reader, const char *job, int *status)
{
	struct collector collector = {.survey = calloc(1, sizeof(struct survey)),
	                              .graves = calloc(RECENT, sizeof(struct grave))};

	*status = collector.survey && collector.graves ? read_all(&collector, reader, job) : CLI_FAILED;
	if (*status == CLI_OK && !kept_take(&collector))
		*status = CLI_FAILED;
	free(collector.births);
	free(collector.graves);
	free(collector.threads.list);
	free(collector.threads.places);
	if (*status == CLI_OK)
		return collector.survey;
	survey_release(collector.survey);
	return NULL;
}

void survey_release(struct survey *survey)
{
	if (!survey)
		return;
	for (size_t i = 0; i <= SURVEY_CLASSES; i++)
		free(survey->classes[i].lifetimes);
	free(survey->lifetimes);
	free(survey->sites.list);
	free(survey->sites.places);
	free(survey->sizes.list);
	free(survey->sizes.places);
	free(survey);
}
