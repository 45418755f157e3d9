/* SPDX-License-Identifier: BSD-3-Clause */
#include "explorer.h"

#include "explain.h"
#include "stage.h"

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(name)))
#else
#define EXPORT(name)
#endif

#define NOT_PLAYED UINT32_MAX

static char script[EXPLORER_SCRIPT_ROOM];
static char answer[(size_t)4 << 20];
static struct script_op ops[EXPLORER_OPS];
static uint32_t op_count;
static size_t error_at;
static struct stage_setting setting;
static uint32_t played; /* so many operations were performed on the heap; NOT_PLAYED: it is another one's */
static uint32_t figures[(EXPLORER_OPS + 1) * EXPLORER_FIGURES];

EXPORT("script") char *explorer_script(void)
{
	return script;
}

EXPORT("answer") const char *explorer_answer(void)
{
	return answer;
}

/* ---- Policies */

EXPORT("policies") uint32_t explorer_policies(void)
{
	struct text json;

	text_begin(&json, answer, sizeof answer);
	text_add_char(&json, '[');
	for (const struct lens *const *lens = lenses; *lens; lens++) {
		const struct osm_policy *policy = (*lens)->policy;

		text_format(&json, "%s{\"name\":\"%s\",\"layout\":\"%s\",\"summary\":\"%s\"", lens == lenses ? "" : ",",
		            policy->name, policy->layout, policy->summary);
		text_format(&json, ",\"granules\":[%z,%z],\"scan\":%s}", policy->granule_min, policy->granule_max,
		            (*lens)->is_scan ? "true" : "false");
	}
	text_add_char(&json, ']');
	return (uint32_t)json.length;
}

EXPORT("choose")
uint32_t explorer_choose(uint32_t policy, uint32_t granule, uint32_t arena, uint32_t map_threshold, uint32_t growth)
{
	setting = (struct stage_setting){lenses[policy], granule, arena, map_threshold, (enum stage_growth)growth};
	played = NOT_PLAYED;
	return stage_open(&setting);
}

/* ---- The script */

EXPORT("read") uint32_t explorer_read(void)
{
	const char *cursor = script;

	played = NOT_PLAYED;
	for (op_count = 0; op_count < EXPLORER_OPS && script_next(&cursor, &ops[op_count]); op_count++)
		;
	error_at = *cursor ? (size_t)(cursor - script) + 1 : 0;
	return op_count;
}

EXPORT("error") uint32_t explorer_error(void)
{
	return (uint32_t)error_at;
}

/* ---- The state */

static void add_place(struct text *json, const char *key, size_t at)
{
	text_format(json, ",\"%s\":", key);
	if (at == STAGE_NO_BLOCK)
		text_add(json, "null");
	else
		text_add_number(json, at);
}

/* [place, size, header, kind, name, asked] each. */
static void add_blocks(struct text *json)
{
	text_add(json, ",\"blocks\":[");
	for (size_t i = 0; i < stage.after.count; i++) {
		const struct stage_block *b = &stage.after.blocks[i];
		char name[4] = "";

		if (b->name != SCRIPT_NAMES)
			script_name(b->name, name);
		text_format(json, "%s[%z,%z,%z,\"%s\",\"%s\",%z]", i ? "," : "", b->at, b->size, b->header,
		            b->mapped ? "mapped"
		            : b->free ? "free"
		                      : "live",
		            name, b->asked);
	}
	text_add_char(json, ']');
}

static void add_regions(struct text *json)
{
	text_add(json, ",\"regions\":[");
	for (const struct osm_region *region = stage_regions(); region; region = region->next)
		text_format(json, "%s[%z,%z]", region == stage_regions() ? "" : ",", stage_offset(region->start),
		            stage_offset(region->end));
	text_add_char(json, ']');
}

/* The blocks that were looked at, in order, by the places of their headers. */
static void add_looks(struct text *json)
{
	const char *comma = "";

	text_add(json, ",\"looked\":[");
	for (size_t i = 0; i < stage.event.look_count && i < STAGE_LOOKS; i++) {
		if (stage.event.looks[i] == STAGE_NO_BLOCK)
			continue;
		text_format(json, "%s%z", comma, stage.event.looks[i]);
		comma = ",";
	}
	text_add_char(json, ']');
}

static void add_log(struct text *json)
{
	static const char *const names[] = {
		[OSM_MOCK_GROW] = "grow",   [OSM_MOCK_MAP] = "map",         [OSM_MOCK_UNMAP] = "unmap",
		[OSM_MOCK_REMAP] = "remap", [OSM_MOCK_RELEASE] = "release", [OSM_MOCK_TRIM] = "trim",
		[OSM_MOCK_PURGE] = "purge",
	};

	text_add(json, ",\"backend\":[");
	for (size_t i = 0; i < stage.event.log_count; i++) {
		const struct osm_mock_entry *entry = &stage.event.log[i];

		text_format(json, "%s[\"%s\",%z", i ? "," : "", names[entry->call], entry->n);
		text_add(json, entry->result == OSM_MOCK_NONE && entry->call != OSM_MOCK_UNMAP ? ",false]" : ",true]");
	}
	text_add_char(json, ']');
}

static void add_stats(struct text *json)
{
	const struct osm_stats *s = &stage.stats;

	text_format(json, ",\"stats\":{\"asked\":%z,\"live\":%z,\"liveBlocks\":%z,\"free\":%z,\"freeBlocks\":%z",
	            stage.asked_bytes, s->live_bytes, s->live_blocks, s->free_bytes, s->free_blocks);
	text_format(json, ",\"largestFree\":%z,\"heap\":%z,\"mapped\":%z,\"extent\":%z,\"steps\":%z}", s->largest_free,
	            s->heap_bytes, s->mapped_bytes, stage_sums().extent, stage.event.steps);
}

static void add_state(struct text *json)
{
	static const char *const outcomes[] = {
		[STAGE_NOTHING] = "nothing",   [STAGE_DONE] = "done",         [STAGE_FAILED] = "failed",
		[STAGE_NO_SLOT] = "no block",  [STAGE_DANGLING] = "dangling", [STAGE_HELD] = "held",
		[STAGE_REPORTED] = "reported", [STAGE_BROKEN] = "broken",
	};
	const struct lens *lens = stage.setting.lens;
	const char *rover = lens_is(lens, "next-fit") ? lens->rover(stage_policy_state()) : NULL;

	text_format(json, "{\"policy\":\"%s\",\"layout\":\"%s\",\"granule\":%z", lens->policy->name, lens->policy->layout,
	            stage.granule);
	text_format(json, ",\"arena\":%z,\"refusing\":%s", stage.setting.arena, stage.refusing ? "true" : "false");
	text_format(json, ",\"outcome\":\"%s\",\"sentence\":\"", outcomes[stage.event.outcome]);
	explain(json);
	text_add_char(json, '"');
	add_place(json, "from", stage.event.old_at);
	add_place(json, "to", stage.event.new_at);
	add_place(json, "rover", rover ? stage_offset(rover) : STAGE_NO_BLOCK);
	add_regions(json);
	add_blocks(json);
	add_looks(json);
	add_log(json);
	add_stats(json);
	text_add(json, ",\"index\":");
	lens->index(stage_policy_state(), json);
	text_add_char(json, '}');
}

/* Perform the first operations, going on from where the heap is unless that lies behind. Only of the last one it is
 * asked what it met. */
static bool play(uint32_t count)
{
	uint32_t from = played;

	if (from >= count) {
		from = 0;
		if (!stage_open(&setting))
			return false;
	}
	for (uint32_t i = from; i + 1 < count; i++)
		stage_perform_quietly(&ops[i]);
	if (count > from + 1)
		stage_watch();
	if (count > 0)
		stage_perform(&ops[count - 1]);
	played = count;
	return true;
}

EXPORT("state") uint32_t explorer_state(uint32_t count)
{
	struct text json;

	text_begin(&json, answer, sizeof answer);
	if (play(count))
		add_state(&json);
	else
		text_add(&json, "null");
	return (uint32_t)json.length;
}

static void take_figures(uint32_t *figure)
{
	const struct stage_sums sums = stage_sums();

	figure[0] = (uint32_t)sums.asked;
	figure[1] = (uint32_t)sums.live;
	figure[2] = (uint32_t)sums.free;
	figure[3] = (uint32_t)sums.free_blocks;
	figure[4] = (uint32_t)sums.largest_free;
	figure[5] = (uint32_t)sums.heap;
	figure[6] = (uint32_t)sums.extent;
	figure[7] = stage.event.outcome;
}

EXPORT("series") const uint32_t *explorer_series(void)
{
	played = NOT_PLAYED;
	stage_open(&setting);
	take_figures(figures);
	for (uint32_t i = 0; i < op_count; i++) {
		stage_perform_quietly(&ops[i]);
		take_figures(figures + (i + 1) * EXPLORER_FIGURES);
	}
	return figures;
}

/* ---- The heap itself */

EXPORT("alloc") void *explorer_alloc(uint32_t align, uint32_t n)
{
	return osm_heap_alloc_aligned(stage.heap, align, n);
}

EXPORT("calloc") void *explorer_calloc(uint32_t count, uint32_t n)
{
	return osm_heap_calloc(stage.heap, count, n);
}

EXPORT("realloc") void *explorer_realloc(void *p, uint32_t n)
{
	return osm_heap_realloc(stage.heap, p, n);
}

EXPORT("free") void explorer_free(void *p)
{
	osm_heap_free(stage.heap, p);
}

EXPORT("usable_size") uint32_t explorer_usable_size(void *p)
{
	return (uint32_t)osm_heap_usable_size(stage.heap, p);
}

EXPORT("owns") uint32_t explorer_owns(void *p)
{
	return osm_heap_owns(stage.heap, p);
}

EXPORT("check") uint32_t explorer_check(void)
{
	return osm_heap_check(stage.heap, NULL) && stage.event.outcome != STAGE_REPORTED;
}

EXPORT("live_blocks") uint32_t explorer_live_blocks(void)
{
	struct osm_stats stats;

	osm_heap_stats(stage.heap, &stats);
	return (uint32_t)stats.live_blocks;
}

/* From now on the nth call to the backend that can fail does; 0: none. */
EXPORT("fail") void explorer_fail(uint32_t nth)
{
	stage_fail(nth);
}

/* How many calls were refused since. */
EXPORT("failures") uint32_t explorer_failures(void)
{
	return stage_failures();
}

/* What is left at the backend when the heap is gone: bytes of mappings. */
EXPORT("destroy") uint32_t explorer_destroy(void)
{
	return (uint32_t)stage_close();
}
