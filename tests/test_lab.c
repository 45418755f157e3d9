/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lab's figures: the four measures of fragmentation, what is watched of a heap, rasters of heaps, and the verdict.
 * What is expected was worked out by hand from the definitions; each sum stands beside it.
 */
#define _GNU_SOURCE /* mkstemp */

#include "support/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/heapmap_raster.h"
#include "tools/lab/contest.h"
#include "tools/lab/player.h"
#include "tools/lab/watch.h"
#include "tools/osmem/cli.h"

/* The tool's list of commands is main.c's: there are none here. */
const struct cli_command *const cli_commands[] = {NULL};

static volatile sig_atomic_t never;

static void assert_near(double value, double expected)
{
	if (!(fabs(value - expected) < 1e-9))
		fail_msg("%.12g, expected %.12g", value, expected);
}

static double measure(const struct measures *measures, int which)
{
	double value = NAN;

	assert_true(measures_value(measures, which, &value));
	return value;
}

/* ---- Measures */

/*
 * allocated  requested  used   used / requested
 *       100        100   150   1.5
 *       300        400   500   1.25
 *         0        300   500   a free: no time passes
 *        50        350   700   2
 */
static void measures_by_hand(void **state)
{
	struct measures measures = {0};

	(void)state;
	measures_note(&measures, 100, 100, 150);
	measures_note(&measures, 300, 400, 500);
	measures_note(&measures, 0, 300, 500);
	measures_note(&measures, 50, 350, 700);
	assert_near(measure(&measures, 1), (100 * 1.5 + 300 * 1.25 + 50 * 2.0) / 450 - 1);
	assert_near(measure(&measures, 2), 500.0 / 400 - 1);
	assert_near(measure(&measures, 3), 700.0 / 350 - 1);
	assert_near(measure(&measures, 4), 700.0 / 400 - 1);
}

/* A moment is the first at which its most is reached: later ones with as much change nothing. */
static void measures_first_moment_counts(void **state)
{
	struct measures measures = {0};

	(void)state;
	measures_note(&measures, 10, 10, 20);
	measures_note(&measures, 0, 5, 20);
	measures_note(&measures, 5, 10, 15);
	assert_near(measure(&measures, 2), 20.0 / 10 - 1);
	assert_near(measure(&measures, 3), 20.0 / 10 - 1);
}

static void measures_of_nothing_are_none(void **state)
{
	struct measures measures = {0};
	double value;

	(void)state;
	for (int which = 1; which <= MEASURES; which++)
		assert_false(measures_value(&measures, which, &value));
	measures_note(&measures, 0, 0, 4096);
	for (int which = 0; which <= MEASURES + 1; which++)
		assert_false(measures_value(&measures, which, &value));
}

static void bins_are_powers_of_two(void **state)
{
	(void)state;
	assert_int_equal(bin_of(0), 0);
	assert_int_equal(bin_of(1), 1);
	assert_int_equal(bin_of(2), 2);
	assert_int_equal(bin_of(3), 2);
	assert_int_equal(bin_of(4), 3);
	assert_int_equal(bin_of(1023), 10);
	assert_int_equal(bin_of(1024), 11);
	assert_int_equal(bin_of(UINT64_MAX), BINS - 1);
}

/* ---- A heap that is watched */

/* A trace in a file that is gone afterwards. */
static void trace_write(char *path, const char *text)
{
	strcpy(path, "/tmp/osmem-lab-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/*
 * First fit without headers, payloads in units of 16, a heap that grows by what is missing:
 *
 *     operation  heap                        requested  heap bytes
 *     a 0 32     A32                                32          32
 *     a 1 64     A32 A64                            96          96
 *     f 0        F32 A64                            64          96
 *     a 2 48     F32 A64 A48                       112         144
 *     f 1        F96 A48                            48         144
 *     a 3 16     A16 F80 A48                        64         144
 *     r 3 40     A48 F48 A48                        88         144   grows by 24
 */
static const char watched[] = "a 0 32\na 1 64\nf 0\na 2 48\nf 1\na 3 16\nr 3 40\n";

static void watch_counts_as_by_hand(void **state)
{
	const struct setup setup = {.policy = osm_policy_find("first-fit", "bitmap"), .backend = "mock", .granule = 16};
	static struct outcome outcome;
	struct tape_totals totals;
	char path[64];

	(void)state;
	if (HEAPS_ARE_WATCHED)
		skip();
	trace_write(path, watched);
	assert_true(tape_survey(path, &totals, &never));
	assert_int_equal(totals.ops, 7);
	assert_int_equal(totals.blocks, 4);
	assert_int_equal(totals.allocated, 32 + 64 + 48 + 16 + 24);
	assert_int_equal(totals.peak_bytes, 112);
	assert_int_equal(totals.peak_at, 4);
	const struct job job = {.totals = &totals, .setup = &setup, .stop = &never, .label = "watched"};
	assert_true(watch_run(&job, &outcome));
	unlink(path);
	assert_string_equal(outcome.note, "");
	assert_true(outcome.memory_known && outcome.walked && !outcome.cut && !outcome.failed);
	assert_int_equal(outcome.header_bytes, 0);
	assert_near(measure(&outcome.bare, 1),
	            (32 * 32.0 / 32 + 64 * 96.0 / 96 + 48 * 144.0 / 112 + 16 * 144.0 / 64 + 24 * 144.0 / 88) / 184 - 1);
	assert_near(measure(&outcome.bare, 2), 144.0 / 112 - 1);
	assert_near(measure(&outcome.bare, 3), 144.0 / 112 - 1);
	assert_near(measure(&outcome.bare, 4), 144.0 / 112 - 1);
	assert_true(outcome.whole.most_used > 144); /* the bitmaps lie out of band */
	assert_int_equal(outcome.grow_calls, 3);
	assert_int_equal(outcome.search_ops, 5);
	assert_int_equal(outcome.sample_count, 7);
	const struct sample *sample = &outcome.samples[4]; /* F96 A48 */
	assert_int_equal(sample->op, 5);
	assert_int_equal(sample->requested, 48);
	assert_int_equal(sample->bare, 144);
	assert_int_equal(sample->free_blocks, 1);
	assert_int_equal(sample->largest_free, 96);
	/* free blocks: F32 twice, F96, F80, F48; of the seven moments */
	assert_near(outcome.free_sizes[bin_of(32)], 3.0 / 7); /* 32 to 63 */
	assert_near(outcome.free_sizes[bin_of(64)], 2.0 / 7); /* 64 to 127 */
}

/* The same with a header of 32 bytes before each payload: what bare leaves out is one for each live block. */
static void watch_takes_headers_off(void **state)
{
	const struct setup setup = {.policy = osm_policy_find("first-fit-scan", "meta"), .backend = "mock", .granule = 16};
	static struct outcome outcome;
	struct tape_totals totals;
	char path[64];

	(void)state;
	trace_write(path, "a 0 32\na 1 64\n");
	assert_true(tape_survey(path, &totals, &never));
	const struct job job = {.totals = &totals, .setup = &setup, .stop = &never, .label = "headers"};
	assert_true(watch_run(&job, &outcome));
	unlink(path);
	assert_int_equal(outcome.header_bytes, 32);
	assert_int_equal(outcome.samples[1].used - outcome.samples[1].bare, 2 * 32);
	assert_near(measure(&outcome.bare, 4), 0);
	assert_near(measure(&outcome.whole, 4), 64.0 / 96);
}

/* One that runs out of memory says so, and has no figures. */
static void watch_tells_a_failure(void **state)
{
	const struct setup setup = {.policy = osm_policy_find("first-fit", "tag"), .backend = "mmap", .granule = 3};
	static struct outcome outcome;
	struct tape_totals totals;
	char path[64];

	(void)state;
	trace_write(path, "a 0 32\n");
	assert_true(tape_survey(path, &totals, &never));
	const struct job job = {.totals = &totals, .setup = &setup, .stop = &never, .label = "failing"};
	assert_true(watch_run(&job, &outcome));
	unlink(path);
	assert_true(outcome.failed && !outcome.memory_known);
	assert_non_null(strstr(outcome.note, "granule"));
}

static void player_stops_where_told(void **state)
{
	const struct setup setup = {.policy = osm_policy_find("first-fit", "bitmap"), .backend = "mock", .granule = 16};
	static const struct heapmap_block at_five[] = {{0, 0, 96, true}, {96, 0, 48, false}};
	struct heapmap map;
	struct tape_totals totals;
	struct player player;
	char path[64];

	(void)state;
	if (HEAPS_ARE_WATCHED)
		skip();
	trace_write(path, watched);
	assert_true(tape_survey(path, &totals, &never));
	assert_true(player_open(&player, &totals, &setup, &never));
	assert_true(player_go(&player, 2) && player_go(&player, 5));
	assert_int_equal(player.done, 5);
	assert_true(heapmap_capture(&map, player.stage.heap));
	assert_int_equal(map.block_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(map.blocks[i].at, at_five[i].at);
		assert_int_equal(map.blocks[i].payload, at_five[i].payload);
		assert_int_equal(map.blocks[i].free, at_five[i].free);
	}
	heapmap_release(&map);
	player_close(&player);
	unlink(path);
}

/* ---- Rasters */

/* A region of 16 + 48, 16 + 16, a free 64, and a mapped block of 32 + 64; a cell is 16, a row 64 bytes. */
static void raster_shows_each_byte_once(void **state)
{
	struct heapmap_block blocks[] = {{0, 16, 48, false}, {64, 16, 16, false}, {96, 0, 64, true}, {0, 32, 64, false}};
	struct heapmap_section sections[] = {{0, 3, 160, false}, {3, 4, 96, true}};
	const struct heapmap map = {.blocks = blocks, .block_count = 4, .sections = sections, .section_count = 2};
	struct heapmap_raster raster;

	(void)state;
	assert_true(heapmap_rasterise(&map, 4, 16, &raster));
	assert_int_equal(raster.rows, 5);
	assert_string_equal(raster.cells, "haaa"
	                                  "haff"
	                                  "ff  "
	                                  "hhaa"
	                                  "aa  ");
	assert_int_equal(raster.offsets[2], 128);
	assert_int_equal(raster.offsets[3], 0);
	assert_int_equal(raster.sections[4], 1);
	heapmap_raster_release(&raster);
}

/* Headers of 4 bytes in blocks of 16, a cell is 16: they lose in each, and every fourth shows what they are owed. */
static void raster_carries_what_loses(void **state)
{
	struct heapmap_block blocks[8];
	struct heapmap_section section = {0, 8, 128, false};
	const struct heapmap map = {.blocks = blocks, .block_count = 8, .sections = &section, .section_count = 1};
	struct heapmap_raster raster;
	size_t headers = 0;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		blocks[i] = (struct heapmap_block){.at = 16 * i, .header = 4, .payload = 12};
	assert_true(heapmap_rasterise(&map, 8, 16, &raster));
	for (size_t i = 0; i < 8; i++)
		headers += raster.cells[i] == RASTER_HEADER;
	assert_int_equal(headers, 2); /* 8 * 4 bytes are 2 cells */
	heapmap_raster_release(&raster);
}

static void raster_cells_are_as_small_as_rows_allow(void **state)
{
	struct heapmap_block block = {0, 0, 4096, false};
	struct heapmap_section section = {0, 1, 4096, false};
	const struct heapmap map = {.blocks = &block, .block_count = 1, .sections = &section, .section_count = 1};

	(void)state;
	assert_int_equal(heapmap_cell_bytes(&map, 32, 15), 8); /* 16 rows of 256; one is the section's own */
	assert_int_equal(heapmap_cell_bytes(&map, 32, 14), 16);
	assert_int_equal(heapmap_cell_bytes(&map, 32, 3), 32); /* 4 rows of 1024 */
}

/* ---- The verdict */

/* Two traces, three policies and a peer, with the most memory, the most payload and a time each. */
struct verdict_case {
	size_t used[2];
	double ns[2];
};

static void contest_make(struct contest *contest, const struct verdict_case *cases, size_t count)
{
	static struct contender contenders[4];
	static struct outcome outcomes[8];
	static struct tape_totals traces[2];

	memset(outcomes, 0, sizeof outcomes);
	*contest = (struct contest){
		.traces = traces, .trace_count = 2, .contenders = contenders, .contender_count = count, .outcomes = outcomes};
	for (size_t i = 0; i < count; i++) {
		const struct osm_policy *policy = osm_policies()[i];
		contenders[i] = (struct contender){.name = policy->name, .layout = policy->layout, .policy = policy};
		for (size_t trace = 0; trace < 2; trace++) {
			struct outcome *outcome = contest_outcome(contest, trace, i);
			measures_note(&outcome->whole, 1, 1000, cases[i].used[trace]);
			outcome->memory_known = true;
			outcome->times = (struct times){.known = true, .is_warm = true, .warm = cases[i].ns[trace]};
		}
	}
}

/* The leanest is slow; the second takes 1.5% more and is the fastest of the lean; the third is fast and fat. */
static void verdict_is_fastest_of_the_lean(void **state)
{
	static const struct verdict_case cases[] = {
		{{1000, 1200}, {100, 100}}, {{1016, 1217}, {40, 90}}, {{1500, 1300}, {10, 20}}, {{900, 900}, {1, 1}}};
	struct contest contest;
	struct verdict verdict;
	double value;
	size_t order[4];

	(void)state;
	contest_make(&contest, cases, 4);
	contest.contenders[3] = (struct contender){.name = "peer"};
	assert_true(contest_judge(&contest, &verdict));
	assert_int_equal(verdict.best, 1); /* 1.1165 is below 1.02 * 1.1 = 1.122 */
	assert_int_equal(verdict.leanest, 0);
	assert_int_equal(verdict.fastest, 2);
	assert_true(contest_measure(&contest, 1, 4, false, &value));
	assert_near(value, (0.016 + 0.217) / 2);
	assert_true(contest_time(&contest, 1, &value));
	assert_near(value, 60); /* the root of 40 * 90 */
	contest_rank(&contest, SIZE_MAX, order);
	assert_int_equal(order[0], 3);
	assert_int_equal(order[1], 0);
	assert_int_equal(order[3], 2);
}

/* What was cut on one trace, or failed, is not judged. */
static void verdict_leaves_out_what_was_cut(void **state)
{
	static const struct verdict_case cases[] = {{{1000, 1000}, {10, 10}}, {{1100, 1100}, {20, 20}}};
	struct contest contest;
	struct verdict verdict;
	double value;

	(void)state;
	contest_make(&contest, cases, 2);
	contest_outcome(&contest, 1, 0)->cut = true;
	assert_true(contest_judge(&contest, &verdict));
	assert_int_equal(verdict.best, 1);
	assert_int_equal(verdict.leanest, 1);
	assert_false(contest_measure(&contest, 0, 4, false, &value));
	contest_outcome(&contest, 0, 1)->memory_known = false;
	assert_false(contest_judge(&contest, &verdict));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_by_hand),
		cmocka_unit_test(measures_first_moment_counts),
		cmocka_unit_test(measures_of_nothing_are_none),
		cmocka_unit_test(bins_are_powers_of_two),
		cmocka_unit_test(watch_counts_as_by_hand),
		cmocka_unit_test(watch_takes_headers_off),
		cmocka_unit_test(watch_tells_a_failure),
		cmocka_unit_test(player_stops_where_told),
		cmocka_unit_test(raster_shows_each_byte_once),
		cmocka_unit_test(raster_carries_what_loses),
		cmocka_unit_test(raster_cells_are_as_small_as_rows_allow),
		cmocka_unit_test(verdict_is_fastest_of_the_lean),
		cmocka_unit_test(verdict_leaves_out_what_was_cut),
	};

	return !!cmocka_run_group_tests_name("lab", tests, NULL, NULL);
}
