/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem check: is a trace sane, and what is in it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/json.h"
#include "tools/osmem/check.h"
#include "tools/osmem/cli.h"
#include "tools/osmem/frames.h"
#include "tools/text.h"

static struct {
	bool leaks, json;
	uint64_t top;
	const char *plot;
} options = {.top = 10};

static const struct cli_option table[] = {
	{"leaks", 'l', CLI_SWITCH, NULL, "Blocks that are never freed are a finding, too", &options.leaks, NULL},
	{"top", 't', CLI_NUMBER, "N", "How many sizes and call sites are listed (10)", &options.top, NULL},
	{"plot", 'p', CLI_FILE, "FILE.svg", "Draw how long blocks of each size live, by gnuplot", &options.plot, NULL},
	{"json", 'j', CLI_SWITCH, NULL, "Print figures as JSON", &options.json, NULL},
	{0},
};

/* ---- Tables */

static void print_totals(const char *path, const struct survey *survey)
{
	const struct osm_trace_summary *totals = &survey->totals;

	text_put_line(stdout, path);
	printf("\n  operations      %s", text_count(totals->ops).s);
	static const char *const names[] = {"malloc", "calloc", "aligned", "realloc", "free"};
	const char *between = ": ";
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (survey->kinds[i]) {
			printf("%s%s %s", between, names[i], text_count(survey->kinds[i]).s);
			between = ", ";
		}
	printf("\n  blocks          %s, at most %s at a time\n", text_count(totals->blocks).s, text_count(totals->slots).s);
	printf("  bytes           %s%s in all, at most %s at a time, after operation %s\n", text_bytes(survey->allocated).s,
	       survey->allocated == UINT64_MAX ? " or more" : "", text_bytes(totals->peak_bytes).s,
	       text_count(totals->peak_at).s);
	if (survey->kinds[OSM_TRACE_REALLOC])
		printf("  realloc         %s grow, %s shrink\n", text_count(survey->grown).s, text_count(survey->shrunk).s);
	if (survey->lifetimes)
		printf("  lifetime        half of the blocks live while at most %s are allocated, nine tenths %s\n",
		       text_bytes(histogram_quantile(survey->lifetimes, 0.5)).s,
		       text_bytes(histogram_quantile(survey->lifetimes, 0.9)).s);
	printf("  never freed     %s block%s, %s\n", text_count(totals->live_blocks).s, totals->live_blocks == 1 ? "" : "s",
	       text_bytes(survey->kept_bytes).s);
	if (survey->threads)
		printf("  threads         %" PRIu32 "\n", survey->threads);
	if (survey->time)
		printf("  time            %.3f s\n", 1e-9 * (double)survey->time);
}

static void print_classes(const struct survey *survey)
{
	printf("\n%21s  %12s  %6s  %10s  %12s  %28s\n", "size", "blocks", "share", "bytes", "never freed",
	       "lifetime: half, nine tenths");
	for (unsigned i = 0; i <= SURVEY_CLASSES; i++) {
		const struct survey_class *class = &survey->classes[i];
		char size[48] = "0", lives[80] = "-";
		if (!class->blocks)
			continue;
		if (i > 0)
			snprintf(size, sizeof size, "%llu to %llu", 1ull << (i - 1), (1ull << (i - 1)) * 2 - 1);
		if (class->lifetimes)
			snprintf(lives, sizeof lives, "%12s  %12s", text_bytes(histogram_quantile(class->lifetimes, 0.5)).s,
			         text_bytes(histogram_quantile(class->lifetimes, 0.9)).s);
		printf("%21s  %12s  %6s  %10s  %12s  %28s\n", size, text_count(class->blocks).s,
		       text_share(class->blocks, survey->totals.blocks).s, text_bytes(class->bytes).s,
		       text_count(class->kept).s, lives);
	}
}

static int by_blocks(const void *left, const void *right)
{
	const struct survey_group *a = left, *b = right;

	return a->blocks == b->blocks ? (a->key > b->key) - (a->key < b->key) : a->blocks < b->blocks ? 1 : -1;
}

static int by_kept(const void *left, const void *right)
{
	const struct survey_group *a = left, *b = right;

	return a->kept_bytes == b->kept_bytes ? by_blocks(left, right) : a->kept_bytes < b->kept_bytes ? 1 : -1;
}

static int by_bytes(const void *left, const void *right)
{
	const struct survey_group *a = left, *b = right;

	return a->bytes == b->bytes ? by_blocks(left, right) : a->bytes < b->bytes ? 1 : -1;
}

static void sort(struct survey_groups *groups, int (*order)(const void *, const void *))
{
	if (groups->count > 0)
		qsort(groups->list, groups->count, sizeof *groups->list, order);
}

static void print_sizes(struct survey *survey)
{
	sort(&survey->sizes, by_blocks);
	printf("\n%12s  %12s  %6s  %12s    (the %" PRIu64 " most frequent of %s)\n", "size", "blocks", "share",
	       "never freed", survey->sizes.count < options.top ? survey->sizes.count : options.top,
	       text_count(survey->sizes.count).s);
	for (uint32_t i = 0; i < survey->sizes.count && i < options.top; i++) {
		const struct survey_group *size = &survey->sizes.list[i];
		printf("%12s  %12s  %6s  %12s\n", text_count(size->key).s, text_count(size->blocks).s,
		       text_share(size->blocks, survey->totals.blocks).s, text_count(size->kept_blocks).s);
	}
}

static void print_site(const struct osm_trace_reader *reader, const struct survey_group *site, uint64_t blocks,
                       uint64_t bytes)
{
	const char *recorded = osm_trace_site(reader, (uint32_t)site->key);
	char *frames = recorded ? frames_describe(recorded, 5) : NULL;

	printf("%12s  %10s  ", text_count(blocks).s, text_bytes(bytes).s);
	text_put_line(stdout, frames ? frames : "(not known)");
	putchar('\n');
	free(frames);
}

static void print_sites(const struct osm_trace_reader *reader, struct survey *survey)
{
	if (!survey->totals.sites)
		return;
	printf("\n%12s  %10s  allocated by    (the most bytes; %s call sites)\n", "blocks", "bytes",
	       text_count(survey->totals.sites).s);
	sort(&survey->sites, by_bytes);
	for (uint32_t i = 0; i < survey->sites.count && i < options.top; i++)
		print_site(reader, &survey->sites.list[i], survey->sites.list[i].blocks, survey->sites.list[i].bytes);
	if (survey->totals.live_blocks)
		printf("\n%12s  %10s  never freed, allocated by\n", "blocks", "bytes");
	sort(&survey->sites, by_kept);
	for (uint32_t i = 0; i < survey->sites.count && i < options.top && survey->sites.list[i].kept_blocks; i++)
		print_site(reader, &survey->sites.list[i], survey->sites.list[i].kept_blocks, survey->sites.list[i].kept_bytes);
}

/* ---- Findings */

/* What kind of mistake an operation is, as people call it. */
static const char *mistake_name(const struct survey_mistake *mistake)
{
	bool is_realloc = mistake->what.kind == OSM_TRACE_REALLOC;

	if (!mistake->is_dead)
		return is_realloc ? "a realloc gives a block that is live" : "a block that is live is allocated again";
	if (mistake->is_moved)
		return is_realloc ? "realloc of what a realloc gave up" : "free of what a realloc gave up";
	if (mistake->gone_at)
		return is_realloc ? "realloc of a freed block" : "double free";
	return is_realloc ? "realloc of what is not a block" : "free of what is not a block";
}

static void print_mistakes(const struct osm_trace_reader *reader, const struct survey *survey)
{
	if (survey->mistake_count)
		printf("\n%s operation%s no sense:\n", text_count(survey->mistake_count).s,
		       survey->mistake_count == 1 ? " makes" : "s make");
	for (size_t i = 0; i < survey->mistake_count && i < SURVEY_MISTAKES; i++) {
		const struct survey_mistake *mistake = &survey->mistakes[i];
		const char *recorded = osm_trace_site(reader, mistake->what.site);
		char *frames = recorded ? frames_describe(recorded, 5) : NULL;
		printf("  %s %" PRIu64 ": %s: block %" PRIu64, mistake->why.line ? "line" : "byte",
		       mistake->why.line ? mistake->why.line : mistake->why.byte, mistake_name(mistake),
		       mistake->is_dead ? mistake->what.id : mistake->what.id_after);
		if (mistake->gone_at)
			printf(", %s by operation %s, this is %s", mistake->is_moved ? "moved" : "freed",
			       text_count(mistake->gone_at).s, text_count(mistake->op).s);
		fputs(frames ? ", by " : "", stdout);
		text_put_line(stdout, frames ? frames : "");
		putchar('\n');
		free(frames);
	}
	if (survey->mistake_count > SURVEY_MISTAKES)
		printf("  and %s more\n", text_count(survey->mistake_count - SURVEY_MISTAKES).s);
}

static void print_json(const char *path, const struct survey *survey)
{
	const struct osm_trace_summary *totals = &survey->totals;
	const struct histogram *lifetimes = survey->lifetimes;
	bool is_first = true;

	printf("{\"file\": ");
	json_put_string(stdout, path);
	printf(", \"operations\": %" PRIu64 ", \"malloc\": %" PRIu64 ", \"calloc\": %" PRIu64 ", \"aligned\": %" PRIu64
	       ", \"realloc\": %" PRIu64 ", \"free\": %" PRIu64 ", \"blocks\": %" PRIu64 ", \"bytes\": %" PRIu64
	       ", \"peak_blocks\": %" PRIu32 ", \"peak_bytes\": %" PRIu64 ", \"peak_at\": %" PRIu64
	       ", \"kept_blocks\": %" PRIu64 ", \"kept_bytes\": %" PRIu64 ", \"mistakes\": %" PRIu64
	       ", \"threads\": %" PRIu32 ", \"sites\": %" PRIu32 ", \"seconds\": %.6f",
	       totals->ops, survey->kinds[OSM_TRACE_ALLOC], survey->kinds[OSM_TRACE_CALLOC],
	       survey->kinds[OSM_TRACE_ALIGNED], survey->kinds[OSM_TRACE_REALLOC], survey->kinds[OSM_TRACE_FREE],
	       totals->blocks, survey->allocated, totals->slots, totals->peak_bytes, totals->peak_at, totals->live_blocks,
	       survey->kept_bytes, survey->mistake_count, survey->threads, totals->sites, 1e-9 * (double)survey->time);
	if (lifetimes)
		printf(", \"lifetime_half\": %" PRIu64 ", \"lifetime_nine_tenths\": %" PRIu64,
		       histogram_quantile(lifetimes, 0.5), histogram_quantile(lifetimes, 0.9));
	printf(", \"classes\": [");
	for (unsigned i = 0; i <= SURVEY_CLASSES; i++) {
		const struct survey_class *class = &survey->classes[i];
		if (!class->blocks)
			continue;
		printf("%s{\"from\": %llu, \"blocks\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"kept\": %" PRIu64 "}",
		       is_first ? "" : ", ", i > 0 ? 1ull << (i - 1) : 0, class->blocks, class->bytes, class->kept);
		is_first = false;
	}
	puts("]}");
}

static int check_one(const char *path)
{
	struct osm_trace_error error;
	struct osm_trace_reader *reader = osm_trace_open(path, &error);
	int status;

	if (!reader)
		return cli_bad_trace(path, &error);
	struct survey *survey = survey_take(reader, path, &status);
	if (!survey && status == CLI_BAD_TRACE)
		cli_bad_trace(path, osm_trace_failure(reader));
	else if (!survey && status == CLI_FAILED)
		cli_complain("%s: %s", path, strerror(ENOMEM));
	if (survey && options.json) {
		print_json(path, survey);
	} else if (survey) {
		print_totals(path, survey);
		print_classes(survey);
		print_sizes(survey);
		print_sites(reader, survey);
		print_mistakes(reader, survey);
	}
	if (survey && options.plot)
		status = check_plot(survey, path, options.plot);
	if (survey && status == CLI_OK && (survey->mistake_count || (options.leaks && survey->totals.live_blocks)))
		status = CLI_FOUND;
	survey_release(survey);
	osm_trace_close(reader);
	return status;
}

static int run(size_t count, char **paths)
{
	int worst = CLI_OK;

	if (options.plot && count > 1) {
		cli_complain("--plot takes one trace");
		return CLI_USAGE;
	}
	for (size_t i = 0; i < count && !cli_interrupted; i++) {
		int status = check_one(paths[i]);
		worst = status > worst ? status : worst;
		if (i + 1 < count && !options.json)
			putchar('\n');
	}
	return worst;
}

const struct cli_command command_check = {
	.name = "check",
	.summary = "tell whether a trace is sane and what is in it",
	.synopsis = "FILE...",
	.description =
		"Looks for operations that make no sense: a block that is freed twice or never was allocated, or under the "
		"name that it had before a realloc moved it; a block that is allocated while it lives. Tells what blocks "
		"there are, by size, how long they live, and which are never freed; and where they were allocated, if that "
		"was recorded (osmem record --stack).\n\n"
		"A lifetime is the number of bytes that the program allocates while the block lives.",
	.options = table,
	.examples = "osmem check tests/traces/sqlite.rep.gz\nosmem check --plot lives.svg tests/traces/cc1.rep.gz\n"
				"osmem check --leaks trace.osmt.zst",
	.statuses =
		"0: all is well. 1: an operation makes no sense or, with --leaks, a block is never freed. 2: wrong usage. 3: "
		"a trace cannot be read. 4: something else failed. 130: interrupted.",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.run = run,
};
