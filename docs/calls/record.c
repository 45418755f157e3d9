/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each slot of the two vtables calls the same slot of the one behind it.
 */
#include "docs/calls/record.h"

#include <osmem/mock.h>

#include <stdarg.h>
#include <stdio.h>

#define ARENA_BYTES ((size_t)1 << 20)

struct record_step record_steps[RECORD_STEPS];
int record_count;

static _Alignas(4096) char memory[ARENA_BYTES];
static struct osm_mock mock;
static const struct osm_policy *policy;
static struct osm_policy recorder;
static struct osm_backend backend;
static bool notes;

/* A step without its answer; the answer's text is the caller's to fill in. */
static struct record_step *note(int who, const char *format, ...) __attribute__((format(printf, 2, 3)));

static struct record_step *note(int who, const char *format, ...)
{
	static struct record_step unnoted;
	struct record_step *step = notes ? &record_steps[record_count] : &unnoted;
	va_list arguments;

	if (notes && ++record_count == RECORD_STEPS)
		give_up("a scene has too many steps");
	step->who = who;
	step->answer[0] = '\0';
	va_start(arguments, format);
	vsnprintf(step->call, sizeof step->call, format, arguments);
	va_end(arguments);
	return step;
}

static void answer(struct record_step *step, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void answer(struct record_step *step, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(step->answer, sizeof step->answer, format, arguments);
	va_end(arguments);
}

static void answer_block(struct record_step *step, const void *p)
{
	answer(step, "%s", p ? "a block" : "NULL");
}

static void answer_truth(struct record_step *step, bool truth)
{
	answer(step, "%s", truth ? "true" : "false");
}

/* The price of a request that could not be served. */
static void answer_price(struct record_step *step, const char *no, const struct osm_shortfall *price)
{
	answer(step, "%s: more %zu, fresh %zu", no, price->more, price->fresh);
}

/* ---- The policy */

static void policy_init(void *state, const struct osm_policy_config *config)
{
	note(RECORD_POLICY, "init(state, config)");
	policy->init(state, config);
}

static size_t policy_good_size(const void *state, size_t n)
{
	struct record_step *step = note(RECORD_POLICY, "good_size(%zu)", n);
	size_t size = policy->good_size(state, n);

	answer(step, "%zu", size);
	return size;
}

static void *policy_alloc(void *state, size_t n, size_t align, struct osm_shortfall *shortfall)
{
	struct record_step *step = note(RECORD_POLICY, "alloc(%zu, aligned to %zu)", n, align);
	void *p = policy->alloc(state, n, align, shortfall);

	if (p)
		answer_block(step, p);
	else
		answer_price(step, "NULL", shortfall);
	return p;
}

static bool policy_free(void *state, void *p)
{
	struct record_step *step = note(RECORD_POLICY, "free(block)");
	bool done = policy->free(state, p);

	answer_truth(step, done);
	return done;
}

static bool policy_resize(void *state, void *p, size_t n, struct osm_shortfall *shortfall)
{
	struct record_step *step = note(RECORD_POLICY, "resize(block, %zu)", n);
	bool done = policy->resize(state, p, n, shortfall);

	if (done)
		answer_truth(step, done);
	else
		answer_price(step, "false", shortfall);
	return done;
}

static void *policy_slide(void *state, void *p, size_t n)
{
	struct record_step *step = note(RECORD_POLICY, "slide(block, %zu)", n);
	void *moved = policy->slide(state, p, n);

	answer_block(step, moved);
	return moved;
}

static size_t policy_usable_size(const void *state, const void *p)
{
	struct record_step *step = note(RECORD_POLICY, "usable_size(block)");
	size_t size = policy->usable_size(state, p);

	answer(step, "%zu", size);
	return size;
}

static bool policy_owns(const void *state, const void *p)
{
	struct record_step *step = note(RECORD_POLICY, "owns(pointer)");
	bool owned = policy->owns(state, p);

	answer_truth(step, owned);
	return owned;
}

static bool policy_extend(void *state, struct osm_region *region, char *end)
{
	struct record_step *step = note(RECORD_POLICY, "extend(region, by %td)", end - region->end);
	bool done = policy->extend(state, region, end);

	answer_truth(step, done);
	return done;
}

static bool policy_walk(const void *state, osm_visit *visit, void *context)
{
	struct record_step *step = note(RECORD_POLICY, "walk(visit)");
	bool done = policy->walk(state, visit, context);

	answer_truth(step, done);
	return done;
}

static bool policy_check(const void *state, struct osm_fault *fault)
{
	struct record_step *step = note(RECORD_POLICY, "check(fault)");
	bool good = policy->check(state, fault);

	answer_truth(step, good);
	return good;
}

static size_t policy_tail(const void *state)
{
	struct record_step *step = note(RECORD_POLICY, "tail()");
	size_t bytes = policy->tail(state);

	answer(step, "%zu", bytes);
	return bytes;
}

static void policy_retract(void *state, struct osm_region *region, char *end)
{
	note(RECORD_POLICY, "retract(region, by %td)", region->end - end);
	policy->retract(state, region, end);
}

static void *policy_freed(const void *state, size_t *size)
{
	struct record_step *step = note(RECORD_POLICY, "freed()");
	void *p = policy->freed(state, size);

	answer(step, "%zu free bytes", *size);
	return p;
}

/* ---- The backend */

static void *backend_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	struct record_step *step = note(RECORD_BACKEND, "grow(%s, %zu)", end ? "end" : "NULL", n);
	void *p = mock.backend.grow(&mock.backend, end, n, reach);

	(void)self;
	answer(step, "%s", p ? end ? "end" : "a region" : "NULL");
	return p;
}

static void *backend_map(struct osm_backend *self, size_t n, size_t align)
{
	struct record_step *step = note(RECORD_BACKEND, "map(%zu, aligned to %zu)", n, align);
	void *p = mock.backend.map(&mock.backend, n, align);

	(void)self;
	answer(step, "%s", p ? "a mapping" : "NULL");
	return p;
}

static void backend_unmap(struct osm_backend *self, void *p, size_t n)
{
	(void)self;
	note(RECORD_BACKEND, "unmap(mapping, %zu)", n);
	mock.backend.unmap(&mock.backend, p, n);
}

static void *backend_remap(struct osm_backend *self, void *p, size_t from, size_t to)
{
	struct record_step *step = note(RECORD_BACKEND, "remap(mapping, %zu, %zu)", from, to);
	void *moved = mock.backend.remap(&mock.backend, p, from, to);

	(void)self;
	answer(step, "%s", moved ? "a mapping" : "NULL");
	return moved;
}

static void backend_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	(void)self;
	note(RECORD_BACKEND, "release(region, %zu)", n);
	mock.backend.release(&mock.backend, start, n, reach);
}

static bool backend_trim(struct osm_backend *self, void *end, size_t n)
{
	struct record_step *step = note(RECORD_BACKEND, "trim(end, %zu)", n);
	bool done = mock.backend.trim(&mock.backend, end, n);

	(void)self;
	answer_truth(step, done);
	return done;
}

static bool backend_purge(struct osm_backend *self, void *p, size_t n)
{
	struct record_step *step = note(RECORD_BACKEND, "purge(page, %zu)", n);
	bool done = mock.backend.purge(&mock.backend, p, n);

	(void)self;
	answer_truth(step, done);
	return done;
}

/* ---- Heaps */

/* The slots that every policy has are these here; an optional one only where the policy has it. */
static void stand_before(const struct osm_policy *behind)
{
	policy = behind;
	recorder = *behind;
	recorder.init = policy_init;
	recorder.good_size = policy_good_size;
	recorder.alloc = policy_alloc;
	recorder.free = policy_free;
	recorder.resize = policy_resize;
	recorder.slide = behind->slide ? policy_slide : NULL;
	recorder.usable_size = policy_usable_size;
	recorder.owns = policy_owns;
	recorder.extend = policy_extend;
	recorder.walk = policy_walk;
	recorder.check = policy_check;
	recorder.tail = behind->tail ? policy_tail : NULL;
	recorder.retract = behind->retract ? policy_retract : NULL;
	recorder.freed = behind->freed ? policy_freed : NULL;
}

struct osm_heap *record_heap(const char *name, const char *layout, const struct osm_config *config)
{
	struct osm_heap *heap;

	stand_before(osm_policy_find(name, layout));
	osm_mock_init(&mock, memory, sizeof memory);
	backend = mock.backend;
	backend.grow = backend_grow;
	backend.map = backend_map;
	backend.unmap = backend_unmap;
	backend.remap = backend_remap;
	backend.release = backend_release;
	backend.trim = backend_trim;
	backend.purge = backend_purge;
	heap = osm_heap_create(&recorder, &backend, config);
	if (!heap)
		give_up("there is no heap of %s", name);
	return heap;
}

void record_begin(bool refuses)
{
	struct osm_mock_plan plan = {.fail_from = refuses};

	osm_mock_plan(&mock, &plan);
	record_count = 0;
	notes = true;
}

void record_end(void)
{
	notes = false;
}
