/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mock: an arena that follows a plan of failures and keeps a log, for tests.
 */
#include <osmem/mock.h>
#include <stdint.h>
#include <string.h>

#include "framework/port.h"

static size_t offset_of(const struct osm_mock *mock, const void *p)
{
	return p ? (size_t)((const char *)p - mock->arena.start) : OSM_MOCK_NONE;
}

static void note(struct osm_mock *mock, enum osm_mock_call call, const void *at, size_t n, const void *result)
{
	if (mock->calls < mock->log_room)
		mock->log[mock->calls] = (struct osm_mock_entry){call, offset_of(mock, at), n, offset_of(mock, result)};
	mock->calls++;
}

/* Does the plan let this call fail? */
static bool must_fail(struct osm_mock *mock, size_t n)
{
	const struct osm_mock_plan *plan = &mock->plan;
	unsigned nth = ++mock->fallible;
	bool fails = (plan->fail_nth && nth == plan->fail_nth) || (plan->fail_from && nth >= plan->fail_from) ||
	             (plan->fail_every && nth % plan->fail_every == 0) || (plan->fail_over && n > plan->fail_over);

	if (fails) {
		mock->failures++;
		osm_port_set_errno(OSM_ENOMEM);
	}
	return fails;
}

static void *mock_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	struct osm_mock *mock = (struct osm_mock *)self;
	char *before = mock->arena.brk;
	char *got = NULL;

	if (!must_fail(mock, n)) {
		if (end && mock->plan.fixed_end) {
			osm_port_set_errno(OSM_ENOMEM);
		} else {
			if (!end && mock->plan.gap <= (size_t)(mock->arena.maps - before))
				mock->arena.brk += mock->plan.gap;
			got = osm_arena.backend.grow(&mock->arena.backend, end, n, reach);
			if (!got)
				mock->arena.brk = before;
		}
	}
	if (got) {
		memset(got, mock->plan.dirt, n);
		if (!end && mock->plan.fixed_end)
			*reach = n;
	}
	note(mock, OSM_MOCK_GROW, end, n, got);
	return got;
}

static void *mock_map(struct osm_backend *self, size_t n, size_t align)
{
	struct osm_mock *mock = (struct osm_mock *)self;
	char *got = must_fail(mock, n) ? NULL : osm_arena.backend.map(&mock->arena.backend, n, align);

	if (got) {
		memset(got, mock->plan.dirt, n);
		mock->mapped_bytes += n;
	}
	note(mock, OSM_MOCK_MAP, NULL, n, got);
	return got;
}

static void mock_unmap(struct osm_backend *self, void *p, size_t n)
{
	struct osm_mock *mock = (struct osm_mock *)self;

	osm_arena.backend.unmap(&mock->arena.backend, p, n);
	mock->mapped_bytes -= n;
	note(mock, OSM_MOCK_UNMAP, p, n, NULL);
}

/* Moves always, as a system that is short of addresses does. */
static void *mock_remap(struct osm_backend *self, void *p, size_t from, size_t to)
{
	struct osm_mock *mock = (struct osm_mock *)self;
	char *got = must_fail(mock, to) ? NULL : osm_arena.backend.map(&mock->arena.backend, to, 64);

	if (got) {
		memset(got, mock->plan.dirt, to);
		memcpy(got, p, from < to ? from : to);
		osm_arena.backend.unmap(&mock->arena.backend, p, from);
		mock->mapped_bytes += to - from;
	}
	note(mock, OSM_MOCK_REMAP, p, to, got);
	return got;
}

static void mock_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	struct osm_mock *mock = (struct osm_mock *)self;

	osm_arena.backend.release(&mock->arena.backend, start, n, reach);
	note(mock, OSM_MOCK_RELEASE, start, n, NULL);
}

static bool mock_trim(struct osm_backend *self, void *end, size_t n)
{
	struct osm_mock *mock = (struct osm_mock *)self;
	bool done = !must_fail(mock, n) && osm_arena.backend.trim(&mock->arena.backend, end, n);

	note(mock, OSM_MOCK_TRIM, end, n, done ? (char *)end - n : NULL);
	return done;
}

/* Zeroes at once what the system may zero later. */
static bool mock_purge(struct osm_backend *self, void *p, size_t n)
{
	struct osm_mock *mock = (struct osm_mock *)self;
	bool done = !must_fail(mock, n);

	if (done)
		memset(p, 0, n);
	note(mock, OSM_MOCK_PURGE, p, n, done ? p : NULL);
	return done;
}

#define MOCK_BACKEND                                                                                                \
	{                                                                                                               \
		.name = "mock", .summary = "an arena with a plan of failures and a log, for tests",                         \
		.page_size = OSM_PAGE_SIZE, .promises = OSM_PROMISE_CONTIGUOUS | OSM_PROMISE_MAP_ZEROED, .grow = mock_grow, \
		.map = mock_map, .unmap = mock_unmap, .remap = mock_remap, .release = mock_release, .trim = mock_trim,      \
		.purge = mock_purge,                                                                                        \
	}

/* The process's own instance. */
static _Alignas(64) char memory[(size_t)4 << 20];

struct osm_mock osm_mock = {
	.backend = MOCK_BACKEND,
	.arena = {.start = memory, .end = memory + sizeof memory, .brk = memory, .maps = memory + sizeof memory},
};

void osm_mock_init(struct osm_mock *mock, void *arena, size_t n)
{
	*mock = (struct osm_mock){.backend = MOCK_BACKEND};
	osm_arena_init(&mock->arena, arena, n);
}

void osm_mock_plan(struct osm_mock *mock, const struct osm_mock_plan *plan)
{
	mock->plan = plan ? *plan : (struct osm_mock_plan){0};
	mock->fallible = 0;
	mock->failures = 0;
	mock->backend.page_size = mock->plan.page_size ? mock->plan.page_size : OSM_PAGE_SIZE;
	mock->backend.remap = mock->plan.no_remap ? NULL : mock_remap;
	mock->backend.promises = mock->plan.fixed_end ? 0 : OSM_PROMISE_CONTIGUOUS;
	if (mock->plan.dirt == 0)
		mock->backend.promises |= OSM_PROMISE_MAP_ZEROED;
}

void osm_mock_log(struct osm_mock *mock, struct osm_mock_entry *log, size_t room)
{
	mock->log = log;
	mock->log_room = room;
	mock->calls = 0;
}
