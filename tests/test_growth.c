/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a heap asks of its backend, call for call: scripts (see support/script.h) and the mock's log after them.
 *
 * Best fit over `meta` with granule 8: a block of n bytes takes n + 32, rounded up to 8. Blocks from 20000 bytes on are
 * mapped. What the heap asks for itself when it is made is not in the log.
 */
#define _GNU_SOURCE
#include "support/world.h"
#include "framework/heap_core.h"

#include <string.h>
#include <sys/mman.h>

#define NONE OSM_MOCK_NONE
#define ANY ((size_t)-2)
#define LOG_ROOM 16

struct expected_log {
	const char *name;
	const char *script;
	struct osm_config config;
	struct osm_mock_plan plan;
	size_t calls;
	struct osm_mock_entry log[LOG_ROOM];
};

/* clang-format off */
static const struct expected_log logs[] = {
	{
		.name = "exact_by_what_is_missing",
		.script = "a100 b16344 c40 fc d50",
		.config = {.preallocate = 16384},
		.calls = 4,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 16384, 0},    /* a100: preallocated */
				{OSM_MOCK_GROW, 16384, 128, 16384}, /* b16344: needs 16376, 16248 are free */
				{OSM_MOCK_GROW, 16512, 72, 16512},  /* c40: needs 72, nothing is free */
				{OSM_MOCK_GROW, 16584, 16, 16584},  /* d50: needs 88, 72 are free */
			},
	},
	{
		.name = "geometric_growth_whole_pages",
		.script = "a100 b5000",
		.config = {.growth = OSM_GROWTH_GEOMETRIC},
		.calls = 2,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 4096, 0},    /* a100: needs 136 */
				{OSM_MOCK_GROW, 4096, 4096, 4096}, /* b5000: needs 5032, 3960 are free */
			},
	},
	{
		.name = "realloc_of_last_block_in_place",
		.script = "a100 ra200 ra208 b8 ra300",
		.calls = 5,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 136, 0},  /* a100 */
				{OSM_MOCK_GROW, 136, 96, 136},  /* ra200: needs 232 */
				{OSM_MOCK_GROW, 232, 8, 232},   /* ra208: less than a block is enough */
				{OSM_MOCK_GROW, 240, 40, 240},  /* b8 */
				{OSM_MOCK_GROW, 280, 336, 280}, /* ra300: has to move */
			},
	},
	{
		.name = "realloc_classic_absorbs_then_moves",
		.script = "a100 b100 fb ra300",
		.config = {.realloc = OSM_REALLOC_CLASSIC},
		.calls = 3,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 136, 0},  /* a100 */
				{OSM_MOCK_GROW, 136, 136, 136}, /* b100 */
				{OSM_MOCK_GROW, 272, 336, 272}, /* ra300: not the last block when the call began */
			},
	},
	{
		.name = "realloc_absorbs_then_grows",
		.script = "a100 b100 fb ra300",
		.calls = 3,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 136, 0},  /* a100 */
				{OSM_MOCK_GROW, 136, 136, 136}, /* b100 */
				{OSM_MOCK_GROW, 272, 64, 272},  /* ra300: needs 336, has 272 */
			},
	},
	{
		.name = "end_that_cannot_move_fresh_region",
		.script = "a100 b100",
		.plan = {.fixed_end = true, .gap = 16},
		.calls = 2,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 136, 16},
				{OSM_MOCK_GROW, NONE, 136, 176},
			},
	},
	{
		.name = "growth_refused_fresh_region",
		.script = "a100 b100",
		.plan = {.fail_nth = 2},
		.calls = 3,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 136, 0},
				{OSM_MOCK_GROW, 136, 136, NONE},
				{OSM_MOCK_GROW, NONE, 136, 144},
			},
	},
	{
		.name = "mapped_block_remapped",
		.script = "a20001 ra30001 fa",
		.calls = 3,
		.log =
			{
				{OSM_MOCK_MAP, NONE, 20040, ANY},
				{OSM_MOCK_REMAP, ANY, 30040, ANY},
				{OSM_MOCK_UNMAP, ANY, 30040, NONE},
			},
	},
	{
		.name = "mapped_block_without_remap_stays_from_its_half_on",
		.script = "a60000 ra29984 ra29976",
		.plan = {.no_remap = true},
		.calls = 3,
		.log =
			{
				{OSM_MOCK_MAP, NONE, 60032, ANY},
				{OSM_MOCK_MAP, NONE, 30008, ANY}, /* ra29976: 30016 would be half of it, as ra29984 needs */
				{OSM_MOCK_UNMAP, ANY, 60032, NONE},
			},
	},
	{
		.name = "mapped_block_without_remap_moves_to_grow",
		.script = "a60000 ra60001",
		.plan = {.no_remap = true},
		.calls = 3,
		.log =
			{
				{OSM_MOCK_MAP, NONE, 60032, ANY},
				{OSM_MOCK_MAP, NONE, 60040, ANY},
				{OSM_MOCK_UNMAP, ANY, 60032, NONE},
			},
	},
	{
		.name = "remap_refused_moves",
		.script = "a60000 ra30000",
		.plan = {.fail_nth = 2},
		.calls = 4,
		.log =
			{
				{OSM_MOCK_MAP, NONE, 60032, ANY},
				{OSM_MOCK_REMAP, ANY, 30032, NONE},
				{OSM_MOCK_MAP, NONE, 30032, ANY},
				{OSM_MOCK_UNMAP, ANY, 60032, NONE},
			},
	},
	{
		.name = "mapped_block_of_the_same_bytes_stays",
		.script = "a60000 ra59993",
		.calls = 1,
		.log = {{OSM_MOCK_MAP, NONE, 60032, ANY}},
	},
	{
		.name = "mapped_block_classic_moves",
		.script = "a20001 ra30001 fa",
		.config = {.realloc = OSM_REALLOC_CLASSIC},
		.calls = 4,
		.log =
			{
				{OSM_MOCK_MAP, NONE, 20040, ANY},
				{OSM_MOCK_MAP, NONE, 30040, ANY},
				{OSM_MOCK_UNMAP, ANY, 20040, NONE},
				{OSM_MOCK_UNMAP, ANY, 30040, NONE},
			},
	},
	{
		.name = "free_end_trimmed_once_then_regretted",
		.script = "a100 b16000 fb c16000 fc",
		.config = {.trim_threshold = 8192},
		.calls = 4,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 136, 0},
				{OSM_MOCK_GROW, 136, 16032, 136},
				{OSM_MOCK_TRIM, 16168, 7976, 8192}, /* fb: 15984 can go, 4096 stay, and their page whole */
				{OSM_MOCK_GROW, 8192, 7976, 8192},  /* c16000: all of it again; fc is below 16384 now */
			},
	},
	{
		.name = "free_end_stays_without_a_threshold",
		.script = "a100 b16000 fb fa",
		.calls = 2,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 136, 0},
				{OSM_MOCK_GROW, 136, 16032, 136},
			},
	},
	{
		.name = "trim_refused_asked_less_often",
		.script = "a100 b16000 fb c16000 fc",
		.config = {.trim_threshold = 8192},
		.plan = {.fail_nth = 3},
		.calls = 3,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 136, 0},
				{OSM_MOCK_GROW, 136, 16032, 136},
				{OSM_MOCK_TRIM, 16168, 7976, NONE}, /* fb: all is as before; fc is below 16384 now */
			},
	},
	{
		.name = "idle_block_purged",
		.script = "a9000 b100 c9000 d100 fa fc e9000 fe g9000 fg",
		.config = {.purge_threshold = 8192},
		.calls = 6,
		.log =
			{
				{OSM_MOCK_GROW, NONE, 9032, 0},       /* a9000: payload at 32 */
				{OSM_MOCK_GROW, 9032, 136, 9032},     /* b100 */
				{OSM_MOCK_GROW, 9168, 9032, 9168},    /* c9000: payload at 9200 */
				{OSM_MOCK_GROW, 18200, 136, 18200},   /* d100 */
				{OSM_MOCK_PURGE, 4096, 4096, 4096},   /* fc: a's place, idle since fa */
				{OSM_MOCK_PURGE, 12288, 4096, 12288}, /* fe: c's place; fg: a's was used, so nothing */
			},
	},
};
/* clang-format on */

static bool matches(size_t got, size_t expected)
{
	return expected == ANY ? got != NONE : got == expected;
}

static void assert_log(const struct expected_log *expected, const struct osm_mock_entry *log, size_t calls)
{
	for (size_t i = 0; i < calls && i < expected->calls; i++) {
		const struct osm_mock_entry *want = expected->log + i;

		if (log[i].call != want->call || !matches(log[i].at, want->at) || log[i].n != want->n ||
		    !matches(log[i].result, want->result))
			fail_msg("\"%s\", call %zu is {%d, %td, %zu, %td}", expected->script, i, (int)log[i].call,
			         (ptrdiff_t)log[i].at, log[i].n, (ptrdiff_t)log[i].result);
	}
	assert_int_equal(calls, expected->calls);
}

static void heap_calls_as_logged(void **state)
{
	const struct expected_log *expected = *state;
	const char *cursor = expected->script;
	struct osm_config config = expected->config;
	struct osm_mock_entry log[LOG_ROOM];
	static struct osm_mock mock;
	struct shadow shadow;
	struct script_op op;

	config.granule = 8;
	config.map_threshold = 20000;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	shadow_begin(&shadow, osm_heap_create(osm_policy_find("best-fit-scan", "meta"), &mock.backend, &config), 8);
	assert_non_null(shadow.heap);
	shadow.heap->annotation.off = true; /* which would ask for bytes more */
	osm_mock_plan(&mock, &expected->plan);
	osm_mock_log(&mock, log, LOG_ROOM);
	while (script_next(&cursor, &op))
		assert_true(shadow_apply(&shadow, &op));
	assert_log(expected, log, mock.calls);
	shadow_audit(&shadow);
	shadow_assert(&shadow);
	osm_heap_destroy(shadow.heap);
	assert_int_equal(mock.mapped_bytes, 0);
}

/* With a granule of 8 a region may end where the next one cannot begin: what is left out between them comes back too. */
static void all_regions_released_padding_too(void **state)
{
	const struct osm_mock_plan plan = {.fixed_end = true};
	const struct osm_config config = {.granule = 8};
	static struct osm_mock mock;
	struct osm_heap *heap;

	(void)state;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	osm_mock_plan(&mock, &plan);
	heap = osm_heap_create(osm_policy_find("best-fit-scan", "meta"), &mock.backend, &config);
	assert_non_null(heap);
	for (int i = 0; i < 3; i++)
		assert_non_null(osm_heap_alloc(heap, 8));
	osm_heap_destroy(heap);
	assert_ptr_equal(mock.arena.brk, mock.arena.start);
}

/* A block of `most` bytes still comes from the policy, one of `least` is mapped. */
static void assert_mapped_from(const struct osm_config *config, size_t most, size_t least)
{
	static struct osm_mock mock;
	struct osm_stats stats;
	struct osm_heap *heap;

	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &mock.backend, config);
	assert_non_null(heap);
	assert_non_null(osm_heap_alloc(heap, most));
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.mapped_blocks, 0);
	assert_non_null(osm_heap_alloc(heap, least));
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.mapped_blocks, 1);
	osm_heap_destroy(heap);
}

/* Header and rounding count: of 8160 bytes a block of 8192 is made, of 8161 one of 8224, an odd number of granules. */
static void mapped_from_the_threshold_to_the_byte(void **state)
{
	(void)state;
	assert_mapped_from(&(struct osm_config){.granule = 32, .map_threshold = 8224}, 8160, 8161);
}

/* A threshold can be the backend's page, whatever that is. */
static void mapped_from_a_page_on(void **state)
{
	(void)state;
	assert_mapped_from(&(struct osm_config){.map_threshold = OSM_THRESHOLD_PAGE}, 4096 - 48, 4096 - 32);
}

/* What is bought when little is needed: a 256th of what there is, in whole pages, and at least one. */
static void geometric_growth_by_a_256th(void **state)
{
	const struct osm_config config = {.growth = OSM_GROWTH_GEOMETRIC};
	static struct osm_mock mock;
	struct osm_heap *heap;
	size_t before = 0;

	(void)state;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &mock.backend, &config);
	assert_non_null(heap);
	while (before < WORLD_BYTES / 4 * 3) {
		size_t pages = before <= 256 * 4096 ? 1 : (before / 256 + 4095) / 4096;
		struct osm_stats stats;

		assert_non_null(osm_heap_alloc(heap, 1000));
		osm_heap_tally(heap, &stats);
		if (stats.heap_bytes != before)
			assert_int_equal(stats.heap_bytes, before + pages * 4096);
		before = stats.heap_bytes;
	}
	osm_heap_destroy(heap);
}

/* A block that moves is there twice for a moment; the program never held both. */
static void peak_counts_a_moving_block_once(void **state)
{
	static struct osm_mock mock;
	struct osm_stats stats;
	struct osm_heap *heap;
	void *p;

	(void)state;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	heap = osm_heap_create(osm_policy_find("first-fit", "tag"), &mock.backend, NULL);
	assert_non_null(heap);
	p = osm_heap_alloc(heap, 50000);
	assert_non_null(osm_heap_alloc(heap, 16));
	p = osm_heap_realloc(heap, p, 60000);
	assert_non_null(osm_heap_realloc(heap, p, 200000));
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.peak_live_bytes, stats.live_bytes);
	osm_heap_destroy(heap);
}

/* A mapped block that moves to grow is copied as far as it goes: behind it and the heap's own state no memory can be read. */
static void moving_block_copied_as_far_as_it_goes(void **state)
{
	enum { ROOM = 1 << 20, PAGE = 65536, FILL = 0x5a };
	char *memory = mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct osm_arena arena;
	struct osm_heap *heap;
	unsigned char *p;

	(void)state;
	assert_true(memory != MAP_FAILED);
	assert_int_equal(mprotect(memory + ROOM, PAGE, PROT_NONE), 0);
	osm_arena_init(&arena, memory, ROOM);
	arena.backend.remap = NULL;
	heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &arena.backend,
	                       &(struct osm_config){.map_threshold = 4096});
	assert_non_null(heap);
	p = osm_heap_alloc(heap, 5000);
	assert_non_null(p);
	memset(p, FILL, 5000);
	p = osm_heap_realloc(heap, p, 200000);
	assert_non_null(p);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(p[i], FILL);
	osm_heap_destroy(heap);
	munmap(memory, ROOM + PAGE);
}

/* A mock that remembers how far its region could have grown, and with what it was given back. */
static struct reserving {
	struct osm_backend backend;
	struct osm_mock mock;
	size_t reserved, released;
} reserving;

static void *reserving_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	void *p = reserving.mock.backend.grow(&reserving.mock.backend, end, n, reach);

	(void)self;
	if (p && !end)
		reserving.reserved = *reach;
	return p;
}

static void *reserving_map(struct osm_backend *self, size_t n, size_t align)
{
	(void)self;
	return reserving.mock.backend.map(&reserving.mock.backend, n, align);
}

static void reserving_unmap(struct osm_backend *self, void *p, size_t n)
{
	(void)self;
	reserving.mock.backend.unmap(&reserving.mock.backend, p, n);
}

static void reserving_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	(void)self;
	reserving.released = reach;
	reserving.mock.backend.release(&reserving.mock.backend, start, n, reach);
}

/* Metadata for the whole reach is refused, so the policy makes do with less; the backend gets back what it reserved. */
static void region_released_as_reserved(void **state)
{
	const struct osm_mock_plan no_large_maps = {.fail_over = 4096};

	(void)state;
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		struct osm_heap *heap;

		osm_mock_init(&reserving.mock, world_memory(0), WORLD_BYTES);
		reserving.backend = (struct osm_backend){.name = "reserving",
		                                         .page_size = 4096,
		                                         .grow = reserving_grow,
		                                         .map = reserving_map,
		                                         .unmap = reserving_unmap,
		                                         .release = reserving_release};
		reserving.released = 0;
		heap = osm_heap_create(*p, &reserving.backend, NULL);
		assert_non_null(heap);
		osm_mock_plan(&reserving.mock, &no_large_maps);
		assert_non_null(osm_heap_alloc(heap, 100));
		osm_heap_destroy(heap);
		assert_int_equal(reserving.released, reserving.reserved);
		assert_int_equal(reserving.mock.mapped_bytes, 0);
	}
}

/* The bytes were bought, and the policy has no memory for its tables: what waits for the next try ends with the heap. */
static void region_not_taken_over_released(void **state)
{
	const struct osm_mock_plan no_maps = {.fail_over = 100};
	static struct osm_mock mock;
	struct osm_stats stats;
	struct osm_heap *heap;

	(void)state;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &mock.backend, NULL);
	assert_non_null(heap);
	osm_mock_plan(&mock, &no_maps);
	assert_null(osm_heap_alloc(heap, 8));
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.regions, 0);
	assert_in_range(stats.heap_bytes, 1, 100);
	assert_ptr_equal(mock.arena.brk, mock.arena.start + stats.heap_bytes);
	osm_heap_destroy(heap);
	assert_ptr_equal(mock.arena.brk, mock.arena.start);
	assert_int_equal(mock.mapped_bytes, 0);
}

/* Takes no region of more than 64 KiB over. */
static bool (*best_fit_extend)(void *state, struct osm_region *region, char *end);

static bool extend_a_little(void *state, struct osm_region *region, char *end)
{
	return end - region->start <= 65536 && best_fit_extend(state, region, end);
}

/* More was bought than the policy can ever take over: it goes back, and geometric growth tries with less. */
static void too_large_a_region_goes_back(void **state)
{
	static const enum osm_growth growths[] = {OSM_GROWTH_EXACT, OSM_GROWTH_GEOMETRIC};
	struct osm_policy policy = *osm_policy_find("best-fit", "tag");
	static struct osm_mock mock;
	struct osm_stats stats;

	(void)state;
	best_fit_extend = policy.extend;
	policy.extend = extend_a_little;
	for (size_t i = 0; i < COUNT_OF(growths); i++) {
		struct osm_config config = {.preallocate = 200000, .growth = growths[i]};
		struct osm_heap *heap;

		osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
		heap = osm_heap_create(&policy, &mock.backend, &config);
		assert_non_null(heap);
		assert_int_equal(osm_heap_alloc(heap, 100) != NULL, growths[i] == OSM_GROWTH_GEOMETRIC);
		osm_heap_stats(heap, &stats);
		assert_int_equal(stats.regions, growths[i] == OSM_GROWTH_GEOMETRIC);
		assert_in_range(stats.heap_bytes, stats.regions, stats.regions * 4096);
		assert_ptr_equal(mock.arena.brk, mock.arena.start + stats.heap_bytes);
		osm_heap_destroy(heap);
		assert_int_equal(mock.mapped_bytes, 0);
	}
}

/* Where the granule is larger than a mapping's alignment nothing is mapped, and what is large grows in place too. */
static void large_granule_grows_in_place(void **state)
{
	static struct osm_mock mock;
	struct osm_heap *heap;
	struct osm_stats stats;
	void *p;

	(void)state;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES / 4);
	heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &mock.backend, &(struct osm_config){.granule = 64});
	assert_non_null(heap);
	p = osm_heap_alloc(heap, WORLD_BYTES / 8);
	assert_non_null(p);
	assert_ptr_equal(osm_heap_realloc(heap, p, WORLD_BYTES / 6), p);
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.mapped_blocks, 0);
	osm_heap_destroy(heap);
}

/* Whatever the place of its start in a page, a region that is trimmed keeps a page at least, and ends with one. */
static void trim_keeps_a_page(void **state)
{
	static const size_t starts[] = {0, 16, 4096 - 64, 4096 - 16};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		struct osm_arena arena;
		struct osm_stats stats;
		struct osm_heap *heap;
		char *start = world_memory(0) + starts[i];

		osm_arena_init(&arena, start, WORLD_BYTES - starts[i]);
		heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &arena.backend, NULL);
		assert_non_null(heap);
		osm_heap_free(heap, osm_heap_alloc(heap, 100000));
		assert_in_range(osm_heap_trim(heap, 0), 1, 100064);
		osm_heap_stats(heap, &stats);
		assert_in_range(stats.heap_bytes, 4096, 8192);
		assert_int_equal(((uintptr_t)start + stats.heap_bytes) % 4096, 0);
		osm_heap_destroy(heap);
	}
}

/* Of the free end what is to be kept stays, and less than a page more. The policy over `meta` needs a block of 48 bytes and
 * a granule for itself, so of the payload 32 bytes do not count. */
static void trim_keeps_less_than_a_page_more(void **state)
{
	static struct osm_mock mock;
	size_t least = SIZE_MAX, most = 0;

	(void)state;
	for (size_t keep = 0; keep <= 8192; keep += 16) {
		struct osm_stats stats;
		struct osm_heap *heap;

		osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
		heap = osm_heap_create(osm_policy_find("best-fit", "meta"), &mock.backend, NULL);
		assert_non_null(heap);
		assert_non_null(osm_heap_alloc(heap, 8000));
		osm_heap_free(heap, osm_heap_alloc(heap, 50000));
		assert_true(osm_heap_trim(heap, keep) > 0);
		osm_heap_stats(heap, &stats);
		assert_in_range(stats.largest_free - 32 - keep, 0, 4096 - 16);
		least = stats.largest_free - keep < least ? stats.largest_free - keep : least;
		most = stats.largest_free - keep > most ? stats.largest_free - keep : most;
		osm_heap_destroy(heap);
	}
	assert_int_equal(least, 32);
	assert_int_equal(most, 32 + 4096 - 16);
}

static size_t named_price = 64;

static void *never(void *state, size_t n, size_t align, struct osm_shortfall *shortfall)
{
	(void)state;
	(void)n;
	(void)align;
	*shortfall = (struct osm_shortfall){.fresh = named_price};
	return NULL;
}

static size_t asked; /* of the policy, last */

static void *ask(void *state, size_t n, size_t align, struct osm_shortfall *shortfall)
{
	(void)state;
	(void)align;
	asked = n;
	*shortfall = (struct osm_shortfall){0};
	return NULL;
}

/* Whatever the alignment, the policy is asked for all that osmem/policy.h says it may be, and for not a byte more. */
static void policy_asked_for_its_limit_at_most(void **state)
{
	struct osm_policy policy = *osm_policy_find("first-fit", "meta");
	static struct osm_mock mock;
	struct osm_heap *heap;

	(void)state;
	policy.alloc = ask;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	heap = osm_heap_create(&policy, &mock.backend, &(struct osm_config){.map_threshold = SIZE_MAX});
	assert_non_null(heap);
	for (size_t align = 16; align <= PTRDIFF_MAX / 8; align *= 2) {
		size_t most = OSM_REQUEST_MAX - 3 * align;

		asked = 0;
		assert_null(osm_heap_alloc_aligned(heap, align, most));
		assert_int_equal(asked, most);
		asked = 0;
		assert_null(osm_heap_alloc_aligned(heap, align, most + 1));
		assert_int_equal(asked, 0);
	}
	osm_heap_destroy(heap);
}

static struct osm_fault told;

static void remember(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	(void)call;
	told = *fault;
}

/* A policy that takes and takes and never serves is told on. */
static void price_too_low_reported(void **state)
{
	struct osm_policy policy = *osm_policy_find("first-fit", "meta");
	static struct osm_mock mock;
	struct osm_heap *heap;

	(void)state;
	policy.alloc = never;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	heap = osm_heap_create(&policy, &mock.backend, NULL);
	assert_non_null(heap);
	osm_set_error_handler(remember);
	assert_null(osm_heap_alloc(heap, 8));
	osm_set_error_handler(NULL);
	assert_int_equal(told.kind, OSM_FAULT_INTERNAL);
	assert_null(told.where);
	assert_string_equal(told.detail, "the policy named too low a price");
	osm_heap_destroy(heap);
	assert_int_equal(mock.mapped_bytes, 0);
}

/* Whatever a policy names, it gets, rounded up to pages. */
static void whole_pages_for_each_price(void **state)
{
	static const size_t prices[] = {1, 2, 4095, 4096, 4097, 8191, 8192, 8193};
	struct osm_policy policy = *osm_policy_find("first-fit", "meta");
	const struct osm_config config = {.growth = OSM_GROWTH_GEOMETRIC};

	(void)state;
	policy.alloc = never;
	osm_set_error_handler(remember);
	for (size_t i = 0; i < COUNT_OF(prices); i++) {
		static struct osm_mock mock;
		struct osm_mock_entry log[LOG_ROOM] = {0};
		struct osm_heap *heap;

		osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
		heap = osm_heap_create(&policy, &mock.backend, &config);
		assert_non_null(heap);
		osm_mock_log(&mock, log, LOG_ROOM);
		named_price = prices[i];
		assert_null(osm_heap_alloc(heap, 8));
		assert_int_equal(log[0].call, OSM_MOCK_GROW);
		assert_int_equal(log[0].n, (prices[i] + 4095) / 4096 * 4096);
		osm_heap_destroy(heap);
	}
	osm_set_error_handler(NULL);
	named_price = 64;
}

/* There is memory for one more region, and none to describe it: the request fails, and that is nothing to tell on. */
static void region_not_described_fails_quietly(void **state)
{
	const struct osm_mock_plan no_maps = {.fixed_end = true, .fail_over = 100}, no_growing = {.fixed_end = true};
	static struct osm_mock mock;
	struct osm_stats stats;
	struct osm_heap *heap;
	size_t blocks = 0;

	(void)state;
	osm_mock_init(&mock, world_memory(0), WORLD_BYTES);
	heap = osm_heap_create(osm_policy_find("best-fit-scan", "meta"), &mock.backend, NULL);
	assert_non_null(heap);
	osm_mock_plan(&mock, &no_maps);
	told = (struct osm_fault){0};
	osm_set_error_handler(remember);
	while (blocks < 100 && osm_heap_alloc(heap, 8))
		blocks++;
	osm_set_error_handler(NULL);
	assert_int_equal(told.kind, OSM_FAULT_NONE);
	assert_in_range(blocks, 1, 99);
	osm_mock_plan(&mock, &no_growing);
	assert_non_null(osm_heap_alloc(heap, 8));
	osm_heap_stats(heap, &stats);
	assert_int_equal(stats.regions, blocks + 1);
	osm_heap_destroy(heap);
	assert_int_equal(mock.mapped_bytes, 0);
}

int main(void)
{
	static const struct CMUnitTest once[] = {
		cmocka_unit_test(region_released_as_reserved),
		cmocka_unit_test(region_not_taken_over_released),
		cmocka_unit_test(too_large_a_region_goes_back),
		cmocka_unit_test(moving_block_copied_as_far_as_it_goes),
		cmocka_unit_test(large_granule_grows_in_place),
		cmocka_unit_test(trim_keeps_a_page),
		cmocka_unit_test(policy_asked_for_its_limit_at_most),
		cmocka_unit_test(trim_keeps_less_than_a_page_more),
		cmocka_unit_test(price_too_low_reported),
		cmocka_unit_test(all_regions_released_padding_too),
		cmocka_unit_test(geometric_growth_by_a_256th),
		cmocka_unit_test(peak_counts_a_moving_block_once),
		cmocka_unit_test(whole_pages_for_each_price),
		cmocka_unit_test(region_not_described_fails_quietly),
		cmocka_unit_test(mapped_from_the_threshold_to_the_byte),
		cmocka_unit_test(mapped_from_a_page_on),
	};
	static struct CMUnitTest tests[COUNT_OF(logs) + COUNT_OF(once)];

	for (size_t i = 0; i < COUNT_OF(logs); i++) {
		tests[i].name = logs[i].name;
		tests[i].test_func = heap_calls_as_logged;
		tests[i].initial_state = (void *)(uintptr_t)(logs + i);
	}
	memcpy(tests + COUNT_OF(logs), once, sizeof once);
	return !!cmocka_run_group_tests_name("growth", tests, NULL, NULL);
}
