/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage.h"

#include "framework/heap_core.h"

/* Regions begin on a multiple of the largest arena, so that the buddy system's blocks lie alike everywhere. */
static char region_memory[2 * STAGE_ARENA_MAX];
static _Alignas(64) char mapping_memory[4 * STAGE_ARENA_MAX];

/* Two mocks behind one backend: see stage.h. */
struct backing {
	struct osm_backend backend;
	struct osm_mock regions, mappings;
	unsigned fail_nth, calls, failures; /* see stage_fail() */
};

struct slot {
	char *p; /* also of a block that was freed */
	size_t asked;
	bool live;
};

struct stage stage;
static struct backing backing;
static struct slot slots[SCRIPT_NAMES];
static unsigned used[SCRIPT_NAMES]; /* the names that have held a block */
static size_t used_count;
static struct osm_mock_entry log_regions[STAGE_LOG], log_mappings[STAGE_LOG];

/* ---- The backend */

static void note_growth(void)
{
	if (stage.event.looks_before_growth == SIZE_MAX)
		stage.event.looks_before_growth = stage.event.look_count;
}

/* Count a call that can fail; one that must fail is handed on to a mock that refuses it. */
static void count_call(struct osm_mock *mock)
{
	const struct osm_mock_plan refuse = {.fail_from = 1};

	if (!backing.fail_nth)
		return;
	osm_mock_plan(mock, ++backing.calls == backing.fail_nth ? &refuse : NULL);
	backing.failures += backing.calls == backing.fail_nth;
}

static void *backing_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	struct osm_backend *regions = &((struct backing *)self)->regions.backend;

	note_growth();
	count_call(&((struct backing *)self)->regions);
	return regions->grow(regions, end, n, reach);
}

static void *backing_map(struct osm_backend *self, size_t n, size_t align)
{
	struct osm_backend *mappings = &((struct backing *)self)->mappings.backend;

	count_call(&((struct backing *)self)->mappings);
	return mappings->map(mappings, n, align);
}

static void backing_unmap(struct osm_backend *self, void *p, size_t n)
{
	struct osm_backend *mappings = &((struct backing *)self)->mappings.backend;

	mappings->unmap(mappings, p, n);
}

static void *backing_remap(struct osm_backend *self, void *p, size_t from, size_t to)
{
	struct osm_backend *mappings = &((struct backing *)self)->mappings.backend;

	count_call(&((struct backing *)self)->mappings);
	return mappings->remap(mappings, p, from, to);
}

static void backing_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	struct osm_backend *regions = &((struct backing *)self)->regions.backend;

	regions->release(regions, start, n, reach);
}

static bool backing_trim(struct osm_backend *self, void *end, size_t n)
{
	struct osm_backend *regions = &((struct backing *)self)->regions.backend;

	return regions->trim(regions, end, n);
}

static bool backing_purge(struct osm_backend *self, void *p, size_t n)
{
	struct osm_backend *regions = &((struct backing *)self)->regions.backend;

	return regions->purge(regions, p, n);
}

/* Pages as small as the arena is: growing by whole pages is to be seen in small heaps too. */
static size_t page_for(size_t arena)
{
	size_t page = 64;

	while (page * 16 < arena && page < 4096)
		page *= 2;
	return page;
}

static void backing_open(size_t arena)
{
	char *start = region_memory + (-(uintptr_t)region_memory & (STAGE_ARENA_MAX - 1));

	memset(start, 0, arena);
	backing.fail_nth = backing.calls = backing.failures = 0;
	osm_mock_init(&backing.regions, start, arena);
	osm_mock_init(&backing.mappings, mapping_memory, sizeof mapping_memory);
	osm_mock_log(&backing.regions, log_regions, STAGE_LOG);
	osm_mock_log(&backing.mappings, log_mappings, STAGE_LOG);
	backing.backend = (struct osm_backend){
		.name = "explorer",
		.summary = "two mocks: one for regions, one for mappings and metadata",
		.page_size = page_for(arena),
		.promises = backing.regions.backend.promises,
		.grow = backing_grow,
		.map = backing_map,
		.unmap = backing_unmap,
		.remap = backing_remap,
		.release = backing_release,
		.trim = backing_trim,
		.purge = backing_purge,
	};
}

static void backing_refuse(bool refuse)
{
	const struct osm_mock_plan plan = {.fail_from = refuse};

	osm_mock_plan(&backing.regions, &plan);
	osm_mock_plan(&backing.mappings, &plan);
	stage.refusing = refuse;
}

void stage_fail(unsigned nth)
{
	backing.fail_nth = nth;
	backing.calls = backing.failures = 0;
	if (nth == 0)
		backing_refuse(false);
}

unsigned stage_failures(void)
{
	return backing.failures;
}

size_t stage_close(void)
{
	osm_heap_destroy(stage.heap);
	stage.heap = NULL;
	return backing.mappings.mapped_bytes + (size_t)(backing.regions.arena.brk - backing.regions.arena.start);
}

/* ---- What is to be seen */

size_t stage_offset(const void *p)
{
	uintptr_t at = (uintptr_t)p;
	uintptr_t mappings = (uintptr_t)mapping_memory;

	if (at >= mappings && at < mappings + sizeof mapping_memory)
		return at - mappings;
	return at - (uintptr_t)backing.regions.arena.start;
}

const void *stage_policy_state(void)
{
	return stage.heap->state;
}

const struct osm_region *stage_regions(void)
{
	return stage.heap->regions.first;
}

void stage_looked_at(const void *block)
{
	struct stage_event *event = &stage.event;

	if (event->look_count < STAGE_LOOKS)
		event->looks[event->look_count] = block ? stage_offset(block) : STAGE_NO_BLOCK;
	event->look_count++;
}

static void on_fault(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	(void)call;
	stage.event.fault = *fault;
	stage.event.outcome = STAGE_REPORTED;
}

static bool shoot(const struct osm_block *block, void *context)
{
	struct stage_shot *shot = context;

	if (shot->count == STAGE_BLOCKS)
		return false;
	shot->blocks[shot->count++] = (struct stage_block){
		.at = stage_offset(block->payload),
		.size = block->size,
		.header = block->header_bytes,
		.free = block->free,
		.mapped = block->mapped,
		.name = SCRIPT_NAMES,
	};
	return true;
}

/* The block of a shot with this payload, by halving; NULL: there is none. */
static struct stage_block *shot_find(struct stage_shot *shot, size_t at, bool mapped)
{
	size_t low = 0, high = shot->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct stage_block *b = &shot->blocks[middle];

		if (b->mapped == mapped && b->at == at)
			return b;
		if (b->mapped < mapped || (b->mapped == mapped && b->at < at))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool is_mapping(const void *p)
{
	return (uintptr_t)p >= (uintptr_t)mapping_memory &&
	       (uintptr_t)p < (uintptr_t)mapping_memory + sizeof mapping_memory;
}

/* Write down all blocks and who holds each. */
static void take_shot(struct stage_shot *shot)
{
	shot->count = 0;
	osm_heap_walk(stage.heap, shoot, shot);
	for (size_t i = 0; i < used_count; i++) {
		const struct slot *slot = &slots[used[i]];
		struct stage_block *b = slot->live ? shot_find(shot, stage_offset(slot->p), is_mapping(slot->p)) : NULL;

		if (!b)
			continue;
		b->name = used[i];
		b->asked = slot->asked;
	}
}

static bool add_to_sums(const struct osm_block *block, void *context)
{
	struct stage_sums *sums = context;
	size_t end = stage_offset(block->payload) + block->size;

	if (block->free) {
		sums->free += block->size;
		sums->free_blocks++;
		if (block->size > sums->largest_free)
			sums->largest_free = block->size;
	} else {
		sums->live += block->size;
		if (!block->mapped && end > sums->extent)
			sums->extent = end;
	}
	return true;
}

struct stage_sums stage_sums(void)
{
	struct stage_sums sums = {.asked = stage.asked_bytes, .heap = stage.heap->heap_bytes + stage.heap->mapped_bytes};

	osm_heap_walk(stage.heap, add_to_sums, &sums);
	return sums;
}

/* ---- Performing */

bool stage_open(const struct stage_setting *setting)
{
	struct osm_config config = {
		.granule = setting->granule,
		.preallocate = setting->growth == STAGE_ALL_AT_ONCE ? setting->arena : 0,
		.map_threshold = setting->map_threshold ? setting->map_threshold : SIZE_MAX,
		.growth = setting->growth == STAGE_GEOMETRIC ? OSM_GROWTH_GEOMETRIC : OSM_GROWTH_EXACT,
		.trim_threshold = SIZE_MAX,
	};

	osm_set_error_handler(on_fault);
	memset(slots, 0, sizeof slots);
	stage.setting = *setting;
	stage.heap = NULL;
	stage.before.count = stage.after.count = 0;
	stage.asked_bytes = 0;
	used_count = 0;
	stage.event = (struct stage_event){.old_at = STAGE_NO_BLOCK,
	                                   .new_at = STAGE_NO_BLOCK,
	                                   .rover_before = STAGE_NO_BLOCK,
	                                   .looks_before_growth = SIZE_MAX};
	if (setting->arena < 64 || setting->arena > STAGE_ARENA_MAX || setting->arena % 16 != 0)
		return false;
	backing_open(setting->arena);
	backing_refuse(false);
	stage.heap = osm_heap_create(setting->lens->policy, &backing.backend, &config);
	if (!stage.heap)
		return false;
	stage.granule = stage.heap->config.granule;
	take_shot(&stage.after);
	osm_heap_stats(stage.heap, &stage.stats);
	return true;
}

static void begin_event(const struct script_op *op)
{
	const char *rover = stage.setting.lens->rover(stage.heap->state);

	stage.event = (struct stage_event){
		.op = *op,
		.outcome = STAGE_DONE,
		.old_at = STAGE_NO_BLOCK,
		.new_at = STAGE_NO_BLOCK,
		.rover_before = rover ? stage_offset(rover) : STAGE_NO_BLOCK,
		.looks_before_growth = SIZE_MAX,
	};
	osm_mock_log(&backing.regions, log_regions, STAGE_LOG);
	osm_mock_log(&backing.mappings, log_mappings, STAGE_LOG);
}

static void slot_release(struct slot *slot)
{
	stage.asked_bytes -= slot->live ? slot->asked : 0;
	slot->live = false;
}

/* The name of a slot holds this block now. */
static void slot_hold(struct slot *slot, char *p, size_t asked)
{
	slot_release(slot);
	stage.asked_bytes += asked;
	if (!slot->p)
		used[used_count++] = (unsigned)(slot - slots);
	*slot = (struct slot){p, asked, true};
}

static void perform_alloc(struct slot *slot, const struct script_op *op)
{
	char *p;

	if (slot->live) {
		stage.event.outcome = STAGE_HELD;
		return;
	}
	p = op->call == SCRIPT_CALLOC ? osm_heap_calloc(stage.heap, 1, op->n)
	                              : osm_heap_alloc_aligned(stage.heap, op->align, op->n);
	if (!p && stage.event.outcome == STAGE_DONE)
		stage.event.outcome = STAGE_FAILED;
	if (p)
		slot_hold(slot, p, op->n);
}

static void perform_resize(struct slot *slot, const struct script_op *op)
{
	char *p = osm_heap_realloc(stage.heap, slot->live ? slot->p : NULL, op->n);

	if (op->n == 0)
		slot_release(slot);
	else if (p)
		slot_hold(slot, p, op->n);
	else if (stage.event.outcome == STAGE_DONE)
		stage.event.outcome = STAGE_FAILED;
}

/* Does a live name hold the block at this address? */
static bool is_held(const char *p)
{
	for (size_t i = 0; i < used_count; i++)
		if (slots[used[i]].live && slots[used[i]].p == p)
			return true;
	return false;
}

/* A second free of the same block reaches the heap: it is to report that. Where the address is another's by now no heap
 * could tell, and the other would lose its block. */
static void perform_free(struct slot *slot)
{
	if (!slot->p || (!slot->live && is_held(slot->p))) {
		stage.event.outcome = slot->p ? STAGE_DANGLING : STAGE_NO_SLOT;
		return;
	}
	osm_heap_free(stage.heap, slot->p);
	slot_release(slot);
}

/* One log out of two: calls about regions, then those about mappings. */
static void collect_log(void)
{
	struct stage_event *event = &stage.event;

	for (size_t i = 0; i < backing.regions.calls && event->log_count < STAGE_LOG; i++)
		event->log[event->log_count++] = log_regions[i];
	for (size_t i = 0; i < backing.mappings.calls && event->log_count < STAGE_LOG; i++)
		event->log[event->log_count++] = log_mappings[i];
}

static size_t steps(void)
{
	const struct osm_policy *policy = stage.setting.lens->policy;

	return policy->steps ? policy->steps(stage.heap->state) : 0;
}

void stage_perform_quietly(const struct script_op *op)
{
	struct slot *slot = &slots[op->name];

	begin_event(op);
	switch (op->call) {
	case SCRIPT_ALLOC:
	case SCRIPT_CALLOC:
		perform_alloc(slot, op);
		break;
	case SCRIPT_RESIZE:
		perform_resize(slot, op);
		break;
	case SCRIPT_FREE:
		perform_free(slot);
		break;
	case SCRIPT_REFUSE:
	case SCRIPT_SERVE:
		backing_refuse(op->call == SCRIPT_REFUSE);
		break;
	}
}

void stage_watch(void)
{
	take_shot(&stage.after);
}

void stage_perform(const struct script_op *op)
{
	const struct slot *slot = &slots[op->name];
	size_t before = steps(), old_at = slot->live ? stage_offset(slot->p) : STAGE_NO_BLOCK;
	struct osm_fault fault;

	stage.before.count = stage.after.count;
	memcpy(stage.before.blocks, stage.after.blocks, stage.after.count * sizeof *stage.after.blocks);
	stage_perform_quietly(op);
	stage.event.steps = steps() - before;
	if (op->call <= SCRIPT_FREE)
		stage.event.old_at = old_at;
	if (op->call <= SCRIPT_FREE && slot->live)
		stage.event.new_at = stage_offset(slot->p);
	collect_log();
	take_shot(&stage.after);
	osm_heap_stats(stage.heap, &stage.stats);
	if (!osm_heap_check(stage.heap, &fault)) {
		stage.event.outcome = STAGE_BROKEN;
		stage.event.fault = fault;
	}
}
