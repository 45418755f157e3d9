/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several heaps side by side, what they say of each other's blocks, the error handler, the tables of policies and
 * backends, and configurations that are refused.
 */
#include "support/world.h"

#include <errno.h>
#include <string.h>

/* What the handler was told last. */
static struct {
	unsigned count;
	struct osm_heap *heap;
	const char *call;
	struct osm_fault fault;
} told;

/* The handler uses the heap itself, as it may. */
static void remember(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	told.count++;
	told.heap = heap;
	told.call = call;
	told.fault = *fault;
	if (fault->kind != OSM_FAULT_DAMAGED)
		osm_heap_free(heap, osm_heap_alloc(heap, 10));
}

static struct world world;

/* Once a is free and with c behind it, b grows over a, if the policy can do that: nothing is bought. */
static void realloc_grows_downwards(void **state)
{
	const struct cell *cell = *state;
	struct osm_config config = {.granule = 16, .growth = OSM_GROWTH_EXACT};
	char *a, *b, *c, *grown;
	struct osm_stats before, after;

	world_open(&world, *state, &config, NULL);
	a = osm_heap_alloc(world.heap, 496);
	b = osm_heap_alloc(world.heap, 400);
	c = osm_heap_alloc(world.heap, 400);
	assert_true(a && b && c && a < b && b < c);
	memset(b, 7, 400);
	osm_heap_free(world.heap, a);
	osm_heap_stats(world.heap, &before);
	grown = osm_heap_realloc(world.heap, b, 800);
	assert_non_null(grown);
	osm_heap_stats(world.heap, &after);
	assert_true(osm_heap_check(world.heap, NULL));
	if (cell->policy->slide) {
		assert_ptr_equal(grown, a);
		assert_int_equal(after.grow_calls, before.grow_calls);
	}
	assert_int_equal(after.live_blocks, 2);
	assert_int_equal(after.peak_live_bytes, before.peak_live_bytes);
	for (size_t i = 0; i < 400; i++)
		assert_int_equal(grown[i], 7);
	osm_heap_destroy(world.heap);
}

/* Three blocks of the policy and a mapped one; the first is free again. */
static void tally_is_stats_without_the_walk(void **state)
{
	const struct cell *cell = *state;
	struct osm_config config = {.granule = 16, .map_threshold = 8192};
	struct osm_stats counted, walked;
	void *first;

	world_open(&world, *state, &config, NULL);
	first = osm_heap_alloc(world.heap, 100);
	assert_true(first && osm_heap_alloc(world.heap, 200) && osm_heap_alloc(world.heap, 300));
	assert_non_null(osm_heap_alloc(world.heap, 10000));
	osm_heap_free(world.heap, first);
	osm_heap_tally(world.heap, &counted);
	osm_heap_stats(world.heap, &walked);
	assert_int_equal(counted.live_blocks, 3);
	assert_int_equal(counted.mapped_blocks, 1);
	assert_true(walked.free_blocks > 0 && walked.free_bytes > 0 && walked.largest_free > 0);
	if (strstr(cell->policy->name, "-scan"))
		assert_true(counted.search_steps > 0);
	walked.free_blocks = walked.free_bytes = walked.largest_free = 0;
	assert_memory_equal(&counted, &walked, sizeof counted);
	osm_heap_destroy(world.heap);
}

static void open_with_handler(const struct cell *cell, const struct osm_config *config)
{
	memset(&told, 0, sizeof told);
	osm_set_error_handler(remember);
	world_open(&world, cell, config, NULL);
}

static void close_with_handler(void)
{
	world_close(&world);
	osm_set_error_handler(NULL);
}

/* The handler was told of exactly this since the last time. */
static void assert_told_at(enum osm_fault_kind kind, const char *call, const void *where, const char *file, int line)
{
	if (told.count != 1)
		print_error("%s: the handler was called %u times\n", osm_fault_name(kind), told.count);
	_assert_int_equal(told.count, 1, file, line);
	_assert_string_equal(osm_fault_name(told.fault.kind), osm_fault_name(kind), file, line);
	_assert_string_equal(told.call, call, file, line);
	if (where)
		_assert_int_equal((uintptr_t)told.fault.where, (uintptr_t)where, file, line);
	_assert_true((uintptr_t)told.heap == (uintptr_t)world.heap, "told.heap == world.heap", file, line);
	_assert_true(told.fault.detail != NULL, "told.fault.detail", file, line);
	told.count = 0;
}

#define assert_told(kind, call, where) assert_told_at(kind, call, where, __FILE__, __LINE__)

/* All that can be asked about a pointer that is no block: reported each time, and nothing changes. */
static void assert_no_block(void *p, enum osm_fault_kind kind)
{
	osm_heap_free(world.heap, p);
	assert_told(kind, "osm_heap_free", p);
	assert_null(osm_heap_realloc(world.heap, p, 100));
	assert_told(kind, "osm_heap_realloc", p);
	assert_null(osm_heap_realloc(world.heap, p, 0));
	assert_int_equal(told.count, 1);
	told.count = 0;
	assert_int_equal(osm_heap_usable_size(world.heap, p), 0);
	assert_told(kind, "osm_heap_usable_size", p);
	assert_false(osm_heap_owns(world.heap, p));
	assert_int_equal(told.count, 0);
	shadow_audit(&world.shadow);
	shadow_verify(&world.shadow);
	shadow_assert(&world.shadow);
}

static void misuse_reported_nothing_changed(void **state)
{
	struct osm_config config = {.map_threshold = 8192};
	unsigned char *a, *c, *gone;
	int local = 0;

	open_with_handler(*state, &config);
	assert_true(shadow_alloc(&world.shadow, 0, 200, 1));
	assert_true(shadow_alloc(&world.shadow, 1, 200, 1));
	assert_true(shadow_alloc(&world.shadow, 2, 10000, 1));
	assert_true(shadow_alloc(&world.shadow, 3, 200, 1));
	a = world.shadow.slots[0].p;
	c = world.shadow.slots[2].p;
	gone = world.shadow.slots[1].p;
	shadow_free(&world.shadow, 1);
	assert_no_block(gone, OSM_FAULT_DOUBLE_FREE);
	assert_no_block(a + 1, OSM_FAULT_INTERIOR);
	assert_no_block(a + 16, OSM_FAULT_INTERIOR);
	assert_no_block(a + 199, OSM_FAULT_INTERIOR);
	assert_no_block(c + 16, OSM_FAULT_INTERIOR);
	assert_no_block(c + 5000, OSM_FAULT_INTERIOR);
	assert_no_block(&local, OSM_FAULT_FOREIGN);
	assert_no_block((void *)8, OSM_FAULT_FOREIGN);
	assert_no_block((void *)(UINTPTR_MAX - 7), OSM_FAULT_FOREIGN);
	/* Where a sum of addresses would be what their difference is for a block. */
	for (uintptr_t headers = 0; headers <= 64; headers += 4)
		assert_no_block((void *)(headers - (uintptr_t)a), OSM_FAULT_FOREIGN);
	close_with_handler();
}

/* The blocks of a heap, as a walk tells of them. */
static struct {
	struct osm_block blocks[64];
	size_t count;
} seen;

static bool see(const struct osm_block *block, void *context)
{
	(void)context;
	assert_true(seen.count < COUNT_OF(seen.blocks));
	seen.blocks[seen.count++] = *block;
	return true;
}

/* What has to be said of an address, by what lies there; no fault: a live block starts there. */
static struct osm_fault cause_of(const char *p)
{
	for (size_t i = 0; i < seen.count; i++) {
		const struct osm_block *block = seen.blocks + i;
		const char *payload = block->payload;

		if (p < payload - block->header_bytes || p >= payload + block->size)
			continue;
		if (block->free && p == payload)
			return (struct osm_fault){OSM_FAULT_DOUBLE_FREE, p, "the block is free already"};
		if (block->free)
			return (struct osm_fault){OSM_FAULT_DOUBLE_FREE, p,
			                          "it lies in free memory: freed before and merged, or never given out"};
		if (p < payload)
			return (struct osm_fault){OSM_FAULT_INTERIOR, p, "it points into a block's header"};
		if (p > payload)
			return (struct osm_fault){OSM_FAULT_INTERIOR, p, "it points into a live block, not to its start"};
		return (struct osm_fault){0};
	}
	return (struct osm_fault){OSM_FAULT_FOREIGN, p, "this heap never gave it out"};
}

static void assert_causes(const char *from, const char *to)
{
	for (const char *p = from; p < to; p++) {
		struct osm_fault cause = cause_of(p);

		if (cause.kind == OSM_FAULT_NONE)
			continue;
		osm_heap_free(world.heap, (void *)(uintptr_t)p);
		assert_told(cause.kind, "osm_heap_free", p);
		assert_string_equal(told.fault.detail, cause.detail);
	}
}

/* Every address of a heap, from before its first block to behind its last; both ends of each mapped one. */
static void each_address_has_its_cause(void **state)
{
	const struct osm_config config = {.map_threshold = 4096};
	static const char script[] = "a100 b1 c300 d5000 e40 f200 g9000 h30 fa fc fe";
	const char *low = (const char *)UINTPTR_MAX, *high = NULL, *payload;
	struct script_op op;

	open_with_handler(*state, &config);
	for (const char *cursor = script; script_next(&cursor, &op);)
		assert_true(shadow_apply(&world.shadow, &op));
	seen.count = 0;
	assert_true(osm_heap_walk(world.heap, see, NULL));
	for (size_t i = 0; i < seen.count; i++) {
		payload = seen.blocks[i].payload;
		if (!seen.blocks[i].mapped) {
			low = payload < low ? payload : low;
			high = payload + seen.blocks[i].size;
			continue;
		}
		assert_causes(payload - 40, payload + 20);
		assert_causes(payload + seen.blocks[i].size - 20, payload + seen.blocks[i].size + 20);
	}
	assert_causes(low - 40, high + 40);
	assert_int_equal(told.count, 0);
	close_with_handler();
}

static void handler_replaced_gives_the_one_before(void **state)
{
	(void)state;
	assert_true(osm_set_error_handler(remember) == NULL);
	assert_true(osm_set_error_handler(remember) == remember);
	assert_true(osm_set_error_handler(NULL) == remember);
	assert_true(osm_set_error_handler(NULL) == NULL);
}

static void fault_names(void **state)
{
	(void)state;
	assert_string_equal(osm_fault_name(OSM_FAULT_NONE), "no fault");
	assert_string_equal(osm_fault_name((enum osm_fault_kind)(OSM_FAULT_INTERNAL + 1)), "unknown fault");
	assert_string_equal(osm_fault_name(OSM_FAULT_DOUBLE_FREE), "double free");
	assert_string_equal(osm_fault_name(OSM_FAULT_FOREIGN), "foreign pointer");
	assert_string_equal(osm_fault_name(OSM_FAULT_INTERIOR), "interior pointer");
	assert_string_equal(osm_fault_name(OSM_FAULT_DAMAGED), "damaged block");
	assert_string_equal(osm_fault_name(OSM_FAULT_INTERNAL), "internal error");
}

/* The middle one of three blocks lost its header: found when it is freed, and when the one before it is. */
static void header_overwritten_found(void **state)
{
	const struct cell *cell = *state;
	unsigned char saved[32];
	unsigned char *b;

	if (HEAPS_ARE_WATCHED)
		skip();
	if (!cell->policy->layout || strcmp(cell->policy->layout, "meta") != 0)
		return;
	open_with_handler(cell, NULL);
	for (unsigned slot = 0; slot < 3; slot++)
		assert_true(shadow_alloc(&world.shadow, slot, 100, 1));
	b = world.shadow.slots[1].p;
	assert_no_block(b - 8, OSM_FAULT_INTERIOR);
	memcpy(saved, b - 32, 32);
	memset(b - 32, 'x', 32);
	assert_false(osm_heap_check(world.heap, &told.fault));
	assert_int_equal(told.fault.kind, OSM_FAULT_DAMAGED);
	assert_int_equal(told.count, 0);
	osm_heap_free(world.heap, b);
	assert_told(OSM_FAULT_DAMAGED, "osm_heap_free", NULL);
	osm_heap_free(world.heap, world.shadow.slots[0].p);
	assert_told(OSM_FAULT_DAMAGED, "osm_heap_free", NULL);
	memcpy(b - 32, saved, 32);
	close_with_handler();
}

/* The same for blocks with a mapping of their own. Who would have to pass the damage on its way is stopped too. */
static void mapped_header_overwritten_found(void **state)
{
	struct osm_config config = {.map_threshold = 4096};
	struct osm_fault fault;
	unsigned char *p;

	if (HEAPS_ARE_WATCHED)
		skip();
	open_with_handler(*state, &config);
	assert_true(shadow_alloc(&world.shadow, 0, 5000, 1));
	p = world.shadow.slots[0].p;
	assert_no_block(p - 16, OSM_FAULT_INTERIOR);
	p[-32] ^= 1;
	assert_false(osm_heap_check(world.heap, &fault));
	assert_int_equal(fault.kind, OSM_FAULT_DAMAGED);
	assert_ptr_equal(fault.where, p);
	assert_string_equal(fault.detail, "the header of a mapped block was overwritten");
	osm_heap_free(world.heap, p);
	assert_told(OSM_FAULT_DAMAGED, "osm_heap_free", p);
	assert_null(osm_heap_alloc(world.heap, 6000));
	assert_told(OSM_FAULT_DAMAGED, "osm_heap_alloc", p);
	p[-32] ^= 1;
	assert_true(shadow_alloc(&world.shadow, 1, 6000, 1));
	close_with_handler();
}

static void two_heaps_do_not_mix(void **state)
{
	const struct cell *cell = *state;
	static const struct shadow_habit habit = {MIX_POWER_LAW, 6000, 5, 10};
	struct osm_config config = {.map_threshold = 4096};
	struct osm_heap *other;
	struct osm_arena arena;
	struct shadow shadow;
	struct rng rng;

	open_with_handler(cell, &config);
	osm_arena_init(&arena, world_memory(1), WORLD_BYTES);
	other = osm_heap_create(osm_policies()[0], &arena.backend, &config);
	assert_non_null(other);
	shadow_begin(&shadow, other, 0);
	rng_begin(&rng, 7);
	for (unsigned i = 0; i < 400; i++) {
		shadow_step(&world.shadow, &rng, &habit);
		shadow_step(&shadow, &rng, &habit);
	}
	for (unsigned i = 0; i < SHADOW_SLOTS; i++) {
		if (shadow.slots[i].p)
			assert_no_block(shadow.slots[i].p, OSM_FAULT_FOREIGN);
	}
	shadow_verify(&shadow);
	shadow_audit(&shadow);
	shadow_free_all(&shadow);
	shadow_assert(&shadow);
	osm_heap_destroy(other);
	close_with_handler();
}

static void destroyed_arena_used_again(void **state)
{
	for (unsigned round = 0; round < 3; round++) {
		world_open(&world, *state, NULL, NULL);
		assert_true(shadow_alloc(&world.shadow, 0, WORLD_BYTES / 4, 1));
		assert_true(shadow_alloc(&world.shadow, 1, 1000, 1));
		world_close(&world);
	}
}

/* The memory still holds the headers of a heap that is no more. */
static void old_blocks_in_arena_not_owned(void **state)
{
	void *old[4], *large;

	open_with_handler(*state, NULL);
	for (unsigned i = 0; i < COUNT_OF(old); i++)
		old[i] = osm_heap_alloc(world.heap, 100);
	osm_heap_destroy(world.heap);
	open_with_handler(*state, NULL);
	large = osm_heap_alloc(world.heap, 10000);
	for (unsigned i = 0; i < COUNT_OF(old); i++) {
		if (old[i] != large && osm_heap_owns(world.heap, old[i]))
			fail_msg("%p is owned: a block of the heap that was here before", old[i]);
	}
	osm_heap_free(world.heap, large);
	close_with_handler();
}

/* A heap inside a block of another: to the outer one, the inner one's headers are a program's data. */
static void blocks_of_inner_heap_not_owned(void **state)
{
	const struct cell *cell = *state;
	struct osm_arena arena;
	struct osm_heap *inner;
	char *block;

	open_with_handler(cell, NULL);
	assert_true(shadow_alloc(&world.shadow, 0, 1, 1));
	block = osm_heap_alloc(world.heap, 60000);
	osm_arena_init(&arena, block + 64, 60000 - 64);
	inner = osm_heap_create(cell->policy, &arena.backend, NULL);
	assert_non_null(inner);
	for (unsigned i = 0; i < 4; i++) {
		void *p = osm_heap_alloc(inner, 100);

		assert_true(osm_heap_owns(inner, p));
		if (osm_heap_owns(world.heap, p))
			fail_msg("the outer heap owns %p, a block of the inner one", p);
		osm_heap_free(world.heap, p);
		assert_told(OSM_FAULT_INTERIOR, "osm_heap_free", p);
	}
	osm_heap_destroy(inner);
	osm_heap_free(world.heap, block);
	assert_int_equal(told.count, 0);
	close_with_handler();
}

static void granule_limits_as_the_policy_says(void **state)
{
	const struct cell *cell = *state;
	const struct osm_policy *policy = cell->policy;
	static struct osm_mock mock;

	for (size_t granule = 1; granule < SIZE_MAX / 2; granule *= 2) {
		struct osm_config config = {.granule = granule};
		bool fits = granule >= policy->granule_min && granule <= policy->granule_max;
		struct osm_heap *heap;

		osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
		if (fits && granule > 4096)
			break;
		errno = 0;
		heap = osm_heap_create(policy, &mock.backend, &config);
		if ((heap != NULL) != fits)
			fail_msg("granule %zu is %s", granule, fits ? "refused" : "taken");
		assert_int_equal(errno, fits ? 0 : EINVAL);
		osm_heap_destroy(heap);
		if (granule > 1) {
			config.granule = granule + granule / 2;
			assert_null(osm_heap_create(policy, &mock.backend, &config));
			assert_int_equal(errno, EINVAL);
		}
		assert_int_equal(mock.mapped_bytes, 0);
	}
}

static void create_without_policy_or_backend_refused(void **state)
{
	(void)state;
	errno = 0;
	assert_null(osm_heap_create(NULL, osm_backend_find("mmap"), NULL));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(osm_heap_create(osm_policies()[0], NULL, NULL));
	assert_int_equal(errno, EINVAL);
}

static void policies_found_by_name(void **state)
{
	(void)state;
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		assert_true(osm_policy_find((*p)->name, (*p)->layout) == *p);
		assert_string_equal(osm_policy_find((*p)->name, NULL)->name, (*p)->name);
		assert_null(osm_policy_find((*p)->name, "no-such-layout"));
		assert_true((*p)->summary && (*p)->summary[0] != '\0');
		assert_true((*p)->granule_min <= 16 && (*p)->granule_max >= 16);
		assert_true((*p)->state_size <= OSM_STATE_MAX);
	}
	assert_null(osm_policy_find("no-such-policy", NULL));
	assert_non_null(osm_policy_find("first-fit", "meta"));
	assert_non_null(osm_policy_find("next-fit", "meta"));
	assert_non_null(osm_policy_find("best-fit", "tag"));
	assert_non_null(osm_policy_find("buddy", NULL));
}

static void backends_found_by_name(void **state)
{
	static const char *const names[] = {"brk", "mmap", "mock", "arena"};

	(void)state;
	for (struct osm_backend *const *b = osm_backends(); *b; b++) {
		assert_true(osm_backend_find((*b)->name) == *b);
		assert_true((*b)->summary && (*b)->summary[0] != '\0');
	}
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_non_null(osm_backend_find(names[i]));
	assert_null(osm_backend_find("no-such-backend"));
}

static void default_heap_is_one_heap(void **state)
{
	(void)state;
	assert_non_null(osm_default_heap());
	assert_true(osm_default_heap() == osm_default_heap());
}

static const struct suite_test tests[] = {
	{"misuse_reported_nothing_changed", misuse_reported_nothing_changed, NULL, NULL},
	{"each_address_has_its_cause", each_address_has_its_cause, NULL, "mock"},
	{"header_overwritten_found", header_overwritten_found, NULL, NULL},
	{"mapped_header_overwritten_found", mapped_header_overwritten_found, NULL, NULL},
	{"realloc_grows_downwards", realloc_grows_downwards, NULL, NULL},
	{"tally_is_stats_without_the_walk", tally_is_stats_without_the_walk, NULL, NULL},
	{"two_heaps_do_not_mix", two_heaps_do_not_mix, NULL, NULL},
	{"destroyed_arena_used_again", destroyed_arena_used_again, NULL, NULL},
	{"old_blocks_in_arena_not_owned", old_blocks_in_arena_not_owned, NULL, "arena"},
	{"blocks_of_inner_heap_not_owned", blocks_of_inner_heap_not_owned, NULL, NULL},
	{"granule_limits_as_the_policy_says", granule_limits_as_the_policy_says, NULL, "mock"},
};

int main(void)
{
	const struct CMUnitTest once[] = {
		cmocka_unit_test(handler_replaced_gives_the_one_before),
		cmocka_unit_test(fault_names),
		cmocka_unit_test(create_without_policy_or_backend_refused),
		cmocka_unit_test(policies_found_by_name),
		cmocka_unit_test(backends_found_by_name),
		cmocka_unit_test(default_heap_is_one_heap),
	};
	int failed = !!cmocka_run_group_tests_name("tables", once, NULL, NULL);

	return suite_run("heaps", tests, COUNT_OF(tests)) || failed;
}
