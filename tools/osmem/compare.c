/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem compare: traces on every policy and layout, and on other allocators beside them.
 */
#define _GNU_SOURCE /* isatty */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/bench/machine.h"
#include "tools/lab/contest_table.h"
#include "tools/lab/report.h"
#include "tools/osmem/cli.h"

#define ROUNDS 3
#define SCAN_LIMIT 0.5

static struct {
	struct choice choice;
	struct contest_filter filter;
	const char *html;
	uint64_t limit;
	bool json, no_times;
} options;

static const struct cli_option table[] = {
	{"policy", 'p', CLI_TEXT, "NAME,...", "Only these policies (all)", &options.filter.policies, NULL},
	{"layout", 'l', CLI_TEXT, "NAME,...", "Only these layouts (all)", &options.filter.layouts, NULL},
	{"no-scan", 's', CLI_SWITCH, NULL, "Leave out the policies that scan", &options.filter.no_scan, NULL},
	{"no-peers", 'n', CLI_SWITCH, NULL, "Leave out other allocators", &options.filter.no_peers, NULL},
	{"no-times", 'x', CLI_SWITCH, NULL, "Look at memory only, and time nothing: there is no recommendation then",
     &options.no_times, NULL},
	CHOICE_MEMORY_OPTIONS(options.choice),
	{"limit", 't', CLI_NUMBER, "SECONDS",
     "End a replay after so much processor time; of policies that scan half a second is enough if this is not given "
     "(never)",
     &options.limit, NULL},
	{"json", 'j', CLI_SWITCH, NULL, "Print all figures as JSON in place of tables", &options.json, NULL},
	{"html", 'o', CLI_FILE, "FILE", "Write a report with plots: one file that needs no other", &options.html, NULL},
	{0},
};

/* Colour for people who look at it and did not say no: see no-color.org. */
static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
}

static int worst_of(const struct contest *contest)
{
	for (size_t i = 0; i < contest->trace_count * contest->contender_count; i++)
		if (contest->outcomes[i].failed)
			return CLI_FOUND;
	return CLI_OK;
}

static int contest_do(struct contest *contest)
{
	if (!contest_run(contest))
		return CLI_INTERRUPTED;
	/* The report first: who reads the table may go before its end. */
	bool is_reported = !options.html || report_write(contest, options.html);

	if (options.json)
		contest_json(contest, stdout);
	else
		contest_print(contest, wants_colour());
	return is_reported ? worst_of(contest) : CLI_FAILED;
}

static int run(size_t count, char **operands)
{
	struct contest contest = {
		.trace_count = count, .rounds = ROUNDS, .no_times = options.no_times, .stop = &cli_interrupted};

	if (!choice_setup(&options.choice, &contest.setup))
		return CLI_USAGE;
	if (options.html && !report_is_possible(options.html))
		return CLI_FAILED;
	contest.setup.policy = NULL;
	contest.backend = contest.setup.backend;
	contest.limit = (double)options.limit;
	contest.scan_limit = options.limit > 0 ? contest.limit : SCAN_LIMIT;
	machine_limit_memory();
	int status = tape_survey_all(operands, count, &contest.traces, &cli_interrupted);
	if (status == CLI_OK)
		status = contest_begin(&contest, &options.filter) ? contest_do(&contest) : CLI_USAGE;
	contest_end(&contest);
	free(contest.traces);
	return status;
}

const struct cli_command command_compare = {
	.name = "compare",
	.summary = "do a trace again on every policy and on other allocators",
	.synopsis = "FILE...",
	.description =
		"Replays each trace on every policy in each layout, indexed and scanning, and on glibc's malloc, jemalloc, "
		"mimalloc "
		"and tcmalloc as far as they are installed, each preloaded into a process of its own. Tells times, memory, "
		"fragmentation by the four measures of Johnstone and Wilson with and without header cost, and searches, and "
		"recommends a policy.\n\n"
		"A policy that scans makes the same decisions as the one with an index, so its replay is cut after a while: "
		"how long "
		"it takes and how far it looks is what it is there to show.\n\n"
		"The report of --html shows plots, which gnuplot draws: heap and payload over time, fragmentation over time, "
		"sizes of "
		"free blocks, search lengths, time of an operation, and where each policy grew the heap.",
	.options = table,
	.examples = "osmem compare tests/traces/cc1.rep.gz\nosmem compare --no-scan --html=report.html tests/traces/*.gz",
	.statuses = "1: a replay failed; the figures of the others are there.",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.run = run,
};
