/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trace like another one: a bootstrap (Efron 1979). From the trace a sample of blocks is drawn, each with its sizes and
 * its lifetime together, in one pass (Vitter 1985, algorithm R); the new trace's blocks are drawn from the sample. What
 * goes lost is how blocks depend on each other, and what changes as the program goes on.
 *
 * Lifetimes are counted in blocks that are allocated meanwhile.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/model.h"

enum { SAMPLE = 1 << 16, RESIZES_MOST = 1000, LOOK_EVERY = 4096 };

/* A block as it was recorded. */
struct drawn {
	uint64_t owner; /* which block of the trace */
	uint64_t birth, death;
	uint64_t first, last; /* sizes */
	uint32_t resizes;
	bool is_freed;
};

/* A live block of the trace, by slot. */
struct live {
	uint64_t owner;
	uint32_t at; /* in the sample; SAMPLE: it was not drawn */
};

struct fit {
	struct synth *synth;
	struct drawn *sample;
	uint64_t count;      /* blocks of the trace */
	uint64_t live_bytes; /* of what is made */
	struct live *lives;
	size_t room;
};

/* ---- The sample */

static bool fit_begin_block(struct fit *fit, const struct osm_trace_op *op)
{
	uint64_t owner = fit->count++;
	uint64_t at = owner < SAMPLE ? owner : synth_random(fit->synth, fit->count);

	if (op->slot >= fit->room) {
		size_t room = fit->room ? 2 * fit->room : 1024;
		struct live *larger = realloc(fit->lives, room * sizeof *larger);
		if (!larger)
			return false;
		fit->lives = larger;
		fit->room = room;
	}
	fit->lives[op->slot] = (struct live){owner, at < SAMPLE ? (uint32_t)at : SAMPLE};
	if (at < SAMPLE)
		fit->sample[at] =
			(struct drawn){.owner = owner, .birth = owner, .death = owner, .first = op->size, .last = op->size};
	return true;
}

/* The block's place in the sample, unless another one has taken it. */
static struct drawn *fit_find(const struct fit *fit, const struct osm_trace_op *op)
{
	const struct live *live = &fit->lives[op->slot];

	return live->at < SAMPLE && fit->sample[live->at].owner == live->owner ? &fit->sample[live->at] : NULL;
}

static bool fit_take(struct fit *fit, const struct osm_trace_op *op)
{
	if (op->kind != OSM_TRACE_FREE && op->kind != OSM_TRACE_REALLOC)
		return fit_begin_block(fit, op);
	struct drawn *drawn = fit_find(fit, op);
	if (drawn) {
		drawn->death = fit->count;
		if (op->kind == OSM_TRACE_FREE)
			drawn->is_freed = true;
		else if (drawn->resizes < RESIZES_MOST)
			drawn->resizes++;
		if (op->kind == OSM_TRACE_REALLOC)
			drawn->last = op->size;
	}
	return true;
}

static int fit_read(struct fit *fit, const char *path)
{
	struct osm_trace_error error;
	struct osm_trace_reader *reader = osm_trace_open(path, &error);
	enum osm_trace_next found;
	struct osm_trace_op op;
	int status = CLI_OK;

	if (!reader)
		return cli_bad_trace(path, &error);
	while (status == CLI_OK && (found = osm_trace_next(reader, &op)) != OSM_TRACE_END) {
		if (found == OSM_TRACE_BAD) {
			status = cli_bad_trace(path, osm_trace_failure(reader));
		} else if (!fit_take(fit, &op)) {
			synth_out_of_memory(fit->synth);
			status = CLI_FAILED;
		}
		if (osm_trace_totals(reader)->ops % LOOK_EVERY == 0)
			cli_progress(path, "reading", reader);
		if (cli_interrupted)
			status = CLI_INTERRUPTED;
	}
	osm_trace_close(reader);
	return status;
}

/* ---- What will happen */

/* Of a block that was made: its next resize, or its end. */
struct event {
	uint64_t due, order, id;
	uint64_t birth;
	uint32_t sample, step;
};

/* A binary heap, the next event first. */
struct agenda {
	struct event *events;
	size_t count, room;
	uint64_t order;
};

static bool comes_before(const struct event *a, const struct event *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static bool agenda_add(struct agenda *agenda, struct event event)
{
	if (agenda->count == agenda->room) {
		size_t room = agenda->room ? 2 * agenda->room : 1024;
		struct event *larger = realloc(agenda->events, room * sizeof *larger);
		if (!larger)
			return false;
		agenda->events = larger;
		agenda->room = room;
	}
	size_t at = agenda->count++;
	event.order = agenda->order++;
	for (; at > 0 && comes_before(&event, &agenda->events[(at - 1) / 2]); at = (at - 1) / 2)
		agenda->events[at] = agenda->events[(at - 1) / 2];
	agenda->events[at] = event;
	return true;
}

static struct event agenda_take(struct agenda *agenda)
{
	struct event first = agenda->events[0], last = agenda->events[--agenda->count];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < agenda->count) {
		if (child + 1 < agenda->count && comes_before(&agenda->events[child + 1], &agenda->events[child]))
			child++;
		if (!comes_before(&agenda->events[child], &last))
			break;
		agenda->events[at] = agenda->events[child];
		at = child;
	}
	agenda->events[at] = last;
	return first;
}

/* Put the block's next event on the agenda: resizes lie evenly in its life. */
static bool plan(const struct fit *fit, struct agenda *agenda, struct event event)
{
	const struct drawn *drawn = &fit->sample[event.sample];

	if (event.step == drawn->resizes && !drawn->is_freed)
		return true;
	event.due = event.birth + (drawn->death - drawn->birth) * (event.step + 1) / (drawn->resizes + 1);
	return agenda_add(agenda, event);
}

/* Sizes go from the first to the last by the same factor each time. */
static uint64_t size_at(const struct drawn *drawn, uint32_t step)
{
	double first = drawn->first > 0 ? (double)drawn->first : 1, last = drawn->last > 0 ? (double)drawn->last : 1;

	return step == drawn->resizes ? drawn->last : (uint64_t)(first * pow(last / first, (double)step / drawn->resizes));
}

/* Bytes that live; the sample's blocks may add up to more at a time than the trace's. */
static void live_count(struct fit *fit, uint64_t gone, uint64_t come)
{
	fit->live_bytes += come - gone;
	if (fit->live_bytes <= PTRDIFF_MAX || fit->synth->status != CLI_OK)
		return;
	cli_complain("%s: blocks like these would be more than an address space", fit->synth->options.like);
	fit->synth->status = CLI_FAILED;
}

static bool happen(struct fit *fit, struct agenda *agenda)
{
	struct event event = agenda_take(agenda);
	const struct drawn *drawn = &fit->sample[event.sample];
	uint64_t size = event.step > 0 ? size_at(drawn, event.step) : drawn->first;

	if (event.step == drawn->resizes) {
		live_count(fit, size, 0);
		synth_free(fit->synth, event.id);
		return true;
	}
	event.step++;
	live_count(fit, size, size_at(drawn, event.step));
	synth_resize(fit->synth, event.id, size_at(drawn, event.step));
	return plan(fit, agenda, event);
}

/* What lives longer than there are blocks is freed at the end, so that as large a part is kept as was recorded. */
static bool make(struct fit *fit, struct agenda *agenda)
{
	struct synth *synth = fit->synth;
	uint64_t blocks = synth->options.blocks ? synth->options.blocks : fit->count;
	uint64_t sampled = fit->count < SAMPLE ? fit->count : SAMPLE;

	for (uint64_t now = 0; sampled > 0 && now < blocks && synth_goes_on(synth); now++) {
		while (agenda->count > 0 && agenda->events[0].due <= now)
			if (!happen(fit, agenda))
				return false;
		uint32_t at = (uint32_t)synth_random(synth, sampled);
		live_count(fit, 0, fit->sample[at].first);
		struct event event = {.id = synth_alloc(synth, fit->sample[at].first), .birth = now, .sample = at};
		if (!plan(fit, agenda, event))
			return false;
	}
	while (agenda->count > 0 && synth_goes_on(synth))
		if (!happen(fit, agenda))
			return false;
	return true;
}

void model_fitted(struct synth *synth)
{
	struct fit fit = {.synth = synth, .sample = calloc(SAMPLE, sizeof *fit.sample)};
	struct agenda agenda = {0};

	if (!fit.sample) {
		synth_out_of_memory(synth);
		return;
	}
	synth->status = fit_read(&fit, synth->options.like);
	if (synth->status == CLI_OK && !make(&fit, &agenda))
		synth_out_of_memory(synth);
	free(fit.sample);
	free(fit.lives);
	free(agenda.events);
}
