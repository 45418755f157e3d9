/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that runs out: every call that the backend can refuse is refused in turn, until none is. After each operation
 * the heap is in order and no block has changed; what was refused works when it is asked again; in the end all bytes are
 * back.
 */
#include "support/world.h"

#include <errno.h>
#include <string.h>

#define LOG_ROOM 4096

static const char *const scripts[] = {
	"a100 b200 c50 fb ra180 d5000 rd9000 cb700 fc fa rd100 e64@512",
	"a5000 b6000@8192 cc7000 ra9000 rb100 rc20000 d100 rd8000 fa fb fc",
	"a1000 b1000 c1000 rc2500 rb1900 fa a3500 d40 fd ra3900",
	"a16 b16 c16 d16 fa fc e1500 f33 rb64 re40 g100@64 h8@1024 fg cg90",
	"a3000 ra20000 ra30000 rb10 ra5",
	"a100 b9000 c100 d12000 fb e100 fd f200 fe fc g12000 h9000 fg i9000 fi fh",
};

static const struct osm_config configs[] = {
	{.map_threshold = 4096},
	{.map_threshold = SIZE_MAX},
	{.preallocate = 8192, .growth = OSM_GROWTH_GEOMETRIC, .map_threshold = 16384},
	{.realloc = OSM_REALLOC_CLASSIC, .map_threshold = 4096, .calloc_threshold = 512},
	{.growth = OSM_GROWTH_GEOMETRIC, .map_threshold = SIZE_MAX, .trim_threshold = 4096, .purge_threshold = 4096},
};

static const struct osm_mock_plan plans[] = {
	{0},
	{.dirt = 0xcd},
	{.fixed_end = true, .gap = 48, .dirt = 0xcd},
	{.no_remap = true, .page_size = 256},
};

static struct osm_mock mock;
static struct osm_mock_entry log_entries[LOG_ROOM];
static struct shadow shadow;

/* The bytes of regions that were not given back, added up from the log. */
static size_t bytes_in_regions(void)
{
	size_t bytes = 0;

	assert_in_range(mock.calls, 0, LOG_ROOM);
	for (size_t i = 0; i < mock.calls; i++) {
		const struct osm_mock_entry *entry = log_entries + i;

		if (entry->call == OSM_MOCK_GROW && entry->result != OSM_MOCK_NONE)
			bytes += entry->n;
		else if (entry->call == OSM_MOCK_RELEASE || (entry->call == OSM_MOCK_TRIM && entry->result != OSM_MOCK_NONE))
			bytes -= entry->n;
	}
	return bytes;
}

static void audit_bytes(void)
{
	struct osm_stats stats;

	osm_heap_stats(shadow.heap, &stats);
	if (stats.heap_bytes != bytes_in_regions())
		shadow_problem(&shadow, "heap_bytes is %zu, the backend gave %zu", stats.heap_bytes, bytes_in_regions());
	if (mock.mapped_bytes < stats.mapped_bytes + stats.metadata_bytes)
		shadow_problem(&shadow, "statistics have %zu bytes mapped and %zu of metadata, the mock gave %zu",
		               stats.mapped_bytes, stats.metadata_bytes, mock.mapped_bytes);
}

static void audit(const char *script, const char *cursor)
{
	if (shadow.heap) {
		shadow_audit(&shadow);
		shadow_verify(&shadow);
		audit_bytes();
	}
	if (shadow.problem[0] != '\0')
		fail_msg("\"%s\" before \"%s\", failing call %u of %u: %s", script, cursor, mock.plan.fail_nth, mock.fallible,
		         shadow.problem);
}

/* A mock with a plan, and a heap over it; the second attempt must succeed if only one call fails. */
static bool begin(const struct osm_policy *policy, const struct osm_config *config, const struct osm_mock_plan *plan)
{
	struct osm_heap *heap;

	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	osm_mock_plan(&mock, plan);
	osm_mock_log(&mock, log_entries, LOG_ROOM);
	errno = 0;
	heap = osm_heap_create(policy, &mock.backend, config);
	if (!heap) {
		assert_int_equal(errno, ENOMEM);
		assert_int_equal(mock.mapped_bytes, 0);
		heap = osm_heap_create(policy, &mock.backend, config);
	}
	shadow_begin(&shadow, heap, 0);
	return heap != NULL;
}

static void end(const char *script)
{
	shadow_free_all(&shadow);
	audit(script, "the end");
	osm_heap_destroy(shadow.heap);
	assert_int_equal(mock.mapped_bytes, 0);
	assert_int_equal(bytes_in_regions(), 0);
	if (mock.plan.gap == 0)
		assert_ptr_equal(mock.arena.brk, mock.arena.start);
}

/* What was refused is asked again once. Returns how many operations were refused twice. */
static unsigned run(const char *script)
{
	struct script_op op;
	unsigned refused = 0;

	for (const char *cursor = script; script_next(&cursor, &op);) {
		if (op.call != SCRIPT_ALLOC && op.call != SCRIPT_CALLOC && !shadow.slots[op.slot].p)
			continue;
		if (!shadow_apply(&shadow, &op)) {
			audit(script, cursor);
			if (!shadow_apply(&shadow, &op))
				refused++;
		}
		audit(script, cursor);
	}
	return refused;
}

static void each_call_fails_once_retry_works(const struct osm_policy *policy, const struct osm_config *config,
                                             const struct osm_mock_plan *plan, const char *script)
{
	struct osm_mock_plan failing = *plan;

	do {
		failing.fail_nth++;
		assert_true(begin(policy, config, &failing));
		assert_int_equal(run(script), 0);
		end(script);
	} while (mock.failures > 0);
	assert_true(failing.fail_nth > 2);
}

/* From the nth call on nothing is given; then the plan ends, and all works again. */
static void all_calls_fail_from_one_on(const struct osm_policy *policy, const struct osm_config *config,
                                       const struct osm_mock_plan *plan, const char *script)
{
	struct osm_mock_plan failing = *plan, well = *plan;

	well.fail_nth = well.fail_from = 0;
	do {
		failing.fail_from++;
		if (!begin(policy, config, &failing))
			continue;
		run(script);
		osm_mock_plan(&mock, &well);
		assert_int_equal(run("x100 y20000 cz3000 rx5000"), 0);
		end(script);
	} while (failing.fail_from < 40 && mock.fallible >= failing.fail_from);
}

typedef void scenario(const struct osm_policy *policy, const struct osm_config *config,
                      const struct osm_mock_plan *plan, const char *script);

static void everywhere(const struct cell *cell, scenario *run_one)
{
	for (size_t s = 0; s < COUNT_OF(scripts); s++) {
		for (size_t c = 0; c < COUNT_OF(configs); c++) {
			for (size_t p = 0; p < COUNT_OF(plans); p++) {
				if ((s + c + p) % THRIFT == 0)
					run_one(cell->policy, configs + c, plans + p, scripts[s]);
			}
		}
	}
}

static void each_call_fails_once(void **state)
{
	everywhere(*state, each_call_fails_once_retry_works);
}

static void all_calls_fail_from_nth_on(void **state)
{
	everywhere(*state, all_calls_fail_from_one_on);
}

static void every_kth_call_fails(void **state)
{
	const struct cell *cell = *state;

	for (unsigned k = 2; k < 6; k++) {
		struct osm_mock_plan plan = {.fail_every = k, .dirt = 0xcd};

		for (size_t s = 0; s < COUNT_OF(scripts); s++) {
			assert_true(begin(cell->policy, configs, &plan));
			run(scripts[s]);
			end(scripts[s]);
		}
	}
}

static void large_calls_fail(void **state)
{
	const struct cell *cell = *state;
	struct osm_mock_plan plan = {.fail_over = 16384};

	assert_true(begin(cell->policy, NULL, &plan));
	assert_true(shadow_alloc(&shadow, 0, 1000, 1));
	errno = 0;
	assert_false(shadow_alloc(&shadow, 1, 500000, 1));
	assert_false(shadow_realloc(&shadow, 0, 500000));
	assert_true(shadow_alloc(&shadow, 1, 1000, 1));
	audit("large calls", "");
	end("large calls");
}

static void geometric_growth_refused_exact_works(void **state)
{
	const struct cell *cell = *state;
	struct osm_config config = {.growth = OSM_GROWTH_GEOMETRIC, .map_threshold = SIZE_MAX};
	struct osm_mock_plan plan = {.fail_over = 8192};

	assert_true(begin(cell->policy, &config, &plan));
	for (unsigned slot = 0; slot < 60; slot++)
		assert_true(shadow_alloc(&shadow, slot, 4000, 1));
	audit("4000 bytes, 60 times", "");
	end("4000 bytes, 60 times");
}

static void arena_full_recovers_after_free(void **state)
{
	const struct cell *cell = *state;
	struct osm_config config = {.map_threshold = SIZE_MAX};
	unsigned slot = 0;

	assert_true(begin(cell->policy, &config, NULL));
	while (slot < SHADOW_SLOTS && shadow_alloc(&shadow, slot, WORLD_BYTES / 32 - 100, 1))
		slot++;
	assert_in_range(slot, 8, SHADOW_SLOTS - 1);
	audit("full", "");
	shadow_free(&shadow, 0);
	assert_true(shadow_alloc(&shadow, 0, WORLD_BYTES / 32 - 100, 1));
	audit("full again", "");
	end("full");
}

/* Blocks until there is no more memory, and the heap is in order. How many. */
static unsigned fill(struct osm_heap *heap)
{
	struct osm_fault fault;
	unsigned blocks = 0;

	while (osm_heap_alloc(heap, 8000))
		if (++blocks % 64 == 0 && !osm_heap_check(heap, &fault))
			fail_msg("after %u blocks: %s", blocks, fault.detail);
	assert_true(osm_heap_check(heap, &fault));
	return blocks;
}

/* A first call is refused in the middle of what it needs, metadata in some sizes and not in others, and perhaps the next
 * call too, where there are no large tables; then all is well. */
static void refuse_some(const struct cell *cell, const struct osm_mock_plan *plan, bool again)
{
	static const struct osm_mock_plan no_large_table = {.fail_over = 20000};

	assert_true(begin(cell->policy, &(struct osm_config){.map_threshold = SIZE_MAX}, plan));
	osm_heap_free(shadow.heap, osm_heap_alloc(shadow.heap, 8000));
	if (again) {
		osm_mock_plan(&mock, &no_large_table);
		osm_heap_free(shadow.heap, osm_heap_alloc(shadow.heap, 8000));
	}
	osm_mock_plan(&mock, NULL);
}

/* The heap is as good then as one that was never refused anything. */
static void refused_beginning_leaves_nothing_behind(void **state)
{
	const struct cell *cell = *state;
	unsigned most;

	refuse_some(cell, NULL, false);
	most = fill(shadow.heap);
	osm_heap_destroy(shadow.heap);
	for (unsigned i = 0; i < 2 * 4 * 6; i++) {
		struct osm_mock_plan plan = {.fail_nth = 2 + i / 2 % 4, .fail_from = 3 + i / 8};

		if (plan.fail_from <= plan.fail_nth || (THRIFT > 1 && plan.fail_from != 5))
			continue;
		refuse_some(cell, &plan, i % 2);
		assert_in_range(fill(shadow.heap), most / 2, most + most / 64); /* smaller tables leave room */
		osm_heap_destroy(shadow.heap);
		assert_int_equal(mock.mapped_bytes, 0);
	}
}

/* Gives out the first few mappings, and later on others of their sizes only. */
static void *(*map_any)(struct osm_backend *self, size_t n, size_t align);
static size_t sizes_given[4];
static unsigned given, may_give;

static void *map_few(struct osm_backend *self, size_t n, size_t align)
{
	bool is_known = given < may_give;

	for (unsigned i = 0; i < given && i < COUNT_OF(sizes_given); i++)
		is_known = is_known || sizes_given[i] == n;
	if (!is_known)
		return NULL;
	if (given < may_give)
		sizes_given[given++] = n;
	return map_any(self, n, align);
}

/* A region is taken over in steps, each with a table of its own. The later ones are refused: however often it is tried,
 * the tables that are there already are not taken again. */
static void tables_taken_once_however_often_tried(void **state)
{
	const struct cell *cell = *state;

	for (unsigned few = 0; few < COUNT_OF(sizes_given); few++) {
		size_t bytes;

		assert_true(begin(cell->policy, &(struct osm_config){.map_threshold = SIZE_MAX}, NULL));
		given = 0;
		may_give = few;
		map_any = mock.backend.map;
		mock.backend.map = map_few;
		osm_heap_free(shadow.heap, osm_heap_alloc(shadow.heap, 8000));
		bytes = mock.mapped_bytes;
		may_give = given;
		for (unsigned attempt = 0; attempt < 5; attempt++)
			osm_heap_free(shadow.heap, osm_heap_alloc(shadow.heap, 8000));
		assert_int_equal(mock.mapped_bytes, bytes);
		mock.backend.map = map_any;
		assert_non_null(osm_heap_alloc(shadow.heap, 8000));
		osm_heap_destroy(shadow.heap);
		assert_int_equal(mock.mapped_bytes, 0);
	}
}

static const struct suite_test tests[] = {
	{"each_call_fails_once_retry_works", each_call_fails_once, NULL, "mock"},
	{"all_calls_fail_from_nth_on", all_calls_fail_from_nth_on, NULL, "mock"},
	{"every_kth_call_fails", every_kth_call_fails, NULL, "mock"},
	{"large_calls_fail", large_calls_fail, NULL, "mock"},
	{"geometric_growth_refused_exact_works", geometric_growth_refused_exact_works, NULL, "mock"},
	{"arena_full_recovers_after_free", arena_full_recovers_after_free, NULL, "mock"},
	{"tables_taken_once_however_often_tried", tables_taken_once_however_often_tried, NULL, "mock"},
	{"refused_beginning_leaves_nothing_behind", refused_beginning_leaves_nothing_behind, NULL, "mock"},
};

int main(void)
{
	return suite_run("faults", tests, COUNT_OF(tests));
}
