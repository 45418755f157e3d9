/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem-bench: how fast the policies are, how much memory they need, and how that compares with other allocators.
 *
 * Exit status: 0 all went well; 1 a measurement or a file went wrong; 2 wrong usage or a bad trace; 130 interrupted.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmem/heap.h>

#include "tools/bench/json.h"
#include "tools/bench/machine.h"
#include "tools/bench/options.h"
#include "tools/bench/tables.h"
#include "tools/bench/worker.h"
#include "tools/text.h"
#include "tools/whole.h"

#define STATUS_WRONG 1
#define STATUS_USAGE 2
#define STATUS_INTERRUPTED 130

#define OWN_TRACES "tests/traces/*.rep.gz"

/* Loads beside the traces. */
#define LOADS_MADE_MAX 16
#define STEADY_MEASURED 100000
#define STEADY_QUICK 10000
#define RAMP_BLOCKS 50000

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* Does a policy take part? The walks hardly differ by layout and take long: in a quick run each is there once. */
static bool policy_is_chosen(const struct osm_policy *policy, const struct options *options)
{
	const char *end = policy->name + strlen(policy->name);
	bool walks = end - policy->name > 5 && strcmp(end - 5, "-scan") == 0;

	if (walks && options->quick && options->layouts.count == 0 && osm_policy_find(policy->name, NULL) != policy)
		return false;
	return options_chosen(&options->policies, policy->name) && options_chosen(&options->layouts, policy->layout);
}

/* Note the policies and peers that are chosen and there. */
static bool subjects_choose(struct board *board, const struct options *options)
{
	size_t room = 0;

	while (osm_policies()[room])
		room++;
	for (const struct subject *peer = subject_peers; peer->name; peer++)
		room++;
	board->subjects = calloc(room, sizeof *board->subjects);
	if (!board->subjects)
		return false;
	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++)
		if (policy_is_chosen(*policy, options))
			board->subjects[board->subject_count++] = subject_of(*policy);
	if (board->subject_count == 0) {
		fputs("osmem-bench: no policy has both a name and a layout that were chosen\n", stderr);
		return false;
	}
	for (const struct subject *peer = subject_peers; peer->name; peer++) {
		if (!options_chosen(&options->peers, peer->name))
			continue;
		if (worker_probe(peer))
			board->subjects[board->subject_count++] = *peer;
		else
			printf("%s is left out: %s is not installed or cannot be preloaded\n\n", peer->name, peer->preload);
	}
	return true;
}

static bool traces_load(struct board *board, char *const files[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!load_trace(&board->loads[board->load_count++], files[i]))
			return false;
	return true;
}

/* The loads that are made, not recorded; needles come last, in ascending order. */
static bool loads_make(struct board *board, const struct options *options)
{
	static const size_t lives[] = {1000, 10000, 100000};
	static const size_t frees[] = {1000, 3162, 10000, 31623, 100000, 316228, 1000000};
	static const size_t frees_quick[] = {1000, 3162, 10000, 100000};
	size_t free_count = options->quick ? sizeof frees_quick / sizeof *frees_quick : sizeof frees / sizeof *frees;
	size_t *count = &board->load_count;
	bool made = true;

	for (size_t i = 0; made && i < sizeof lives / sizeof *lives; i++)
		if (options_chosen(&options->loads, load_kinds[LOAD_STEADY]) && (!options->quick || lives[i] == STEADY_QUICK))
			made = load_steady(&board->loads[(*count)++], lives[i], STEADY_MEASURED);
	if (made && options_chosen(&options->loads, load_kinds[LOAD_RAMP]))
		made = load_ramp(&board->loads[(*count)++], RAMP_BLOCKS);
	for (size_t i = 0; made && i < free_count; i++)
		if (options_chosen(&options->loads, load_kinds[LOAD_NEEDLE]))
			made = load_needle(&board->loads[(*count)++], options->quick ? frees_quick[i] : frees[i]);
	return made;
}

/* All loads are made before the first is measured: a mistake in a trace shows at once. */
static bool loads_choose(struct board *board, const struct options *options)
{
	glob_t own = {0};
	char *const *files = (char *const *)(void *)options->traces.value;
	size_t count = options->traces.count;
	bool traces = options_chosen(&options->loads, load_kinds[LOAD_TRACE]), made = false;

	if (traces && count == 0 && glob(OWN_TRACES, 0, NULL, &own) == 0) {
		files = own.gl_pathv;
		count = own.gl_pathc;
	}
	board->loads = calloc(count + LOADS_MADE_MAX, sizeof *board->loads);
	if (traces && count == 0)
		fputs("osmem-bench: there is no " OWN_TRACES " here: name a trace with --trace FILE\n", stderr);
	else if (board->loads)
		made = traces_load(board, files, traces ? count : 0) && loads_make(board, options);
	globfree(&own);
	return made;
}

static void list_print(void)
{
	size_t width = 0;

	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++)
		width = strlen((*policy)->name) > width ? strlen((*policy)->name) : width;
	puts("policies and their layouts:");
	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++)
		printf("  %-*s  %-12s  %s\n", (int)width, (*policy)->name, (*policy)->layout, (*policy)->summary);
	puts("peers:");
	for (const struct subject *peer = subject_peers; peer->name; peer++)
		printf("  %-14s  %s\n", peer->name, worker_probe(peer) ? "there" : "not installed");
	puts("loads:");
	for (size_t i = 0; i < LOAD_KINDS; i++)
		printf("  %s\n", load_kinds[i]);
}

static void machine_print(void)
{
	struct machine machine;

	machine_read(&machine);
	printf("%s, processors %ld, memory %s; %s; huge pages: %s; %s; load %.1f\n\n", machine.processor,
	       machine.processors, text_bytes(machine.memory).s, machine.system, machine.huge_pages, MACHINE_COMPILER,
	       machine.load);
}

/* What went wrong, cell by cell. */
static int failures_print(const struct board *board)
{
	int status = 0;

	for (size_t i = 0; i < board->subject_count * board->load_count; i++) {
		const struct cell *cell = &board->cells[i];
		if (cell->failed) {
			fprintf(stderr, "osmem-bench: %s: %s %s: %s\n", cell->load->name, cell->subject->name,
			        cell->subject->layout ? cell->subject->layout : "", cell->note);
			status = STATUS_WRONG;
		}
	}
	return status;
}

static int file_failed(const char *path, int status)
{
	fprintf(stderr, "osmem-bench: %s: %s\n", path, strerror(errno));
	return status;
}

/* The results for programs: all of them, or no file. */
static bool results_write(const struct board *board, const char *path)
{
	struct whole results;

	if (!whole_begin(&results, path))
		return false;
	json_write(board, results.out);
	return whole_end(&results, true);
}

static int measure(struct board *board, const char *json)
{
	/* the second Ctrl-C ends the program at once; without SA_RESTART the first one is not waited out */
	sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND}, NULL);
	machine_print();
	fflush(stdout);
	board_measure(board, &interrupted);
	tables_print(board);
	int status = failures_print(board);
	if (json && !results_write(board, json))
		status = file_failed(json, STATUS_WRONG);
	if (interrupted) {
		fputs("osmem-bench: interrupted; the tables show what was measured until then\n", stderr);
		status = STATUS_INTERRUPTED;
	}
	return status;
}

static int bench(const struct options *options)
{
	struct board board = {.quick = options->quick};
	int status = STATUS_USAGE;

	if (subjects_choose(&board, options) && loads_choose(&board, options) && board_begin(&board)) {
		/* before measuring, so that a mistake in its name does not cost the results */
		if (options->json && !whole_is_possible(options->json))
			status = file_failed(options->json, STATUS_WRONG);
		else
			status = measure(&board, options->json);
	}
	board_end(&board);
	return status;
}

int main(int argc, char *argv[])
{
	struct options options;
	int status = 0;

	if (argc > 1 && strcmp(argv[1], WORKER_OPTION) == 0)
		return worker_main(argc, argv);
	if (!options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.help)
		fputs(options_usage, stdout);
	else if (options.list)
		list_print();
	else
		status = bench(&options);
	if (fflush(stdout) != 0 || ferror(stdout))
		status = file_failed("standard output", status ? status : STATUS_WRONG);
	return status;
}
