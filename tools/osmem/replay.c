/* SPDX-License-Identifier: BSD-3-Clause */
/* osmem replay: traces on one policy, what it costs and what it wastes. */
#include <string.h>

#include "tools/bench/machine.h"
#include "tools/lab/choice.h"
#include "tools/lab/outcome_json.h"
#include "tools/lab/pace.h"
#include "tools/osmem/command.h"
#include "tools/progress.h"
#include "tools/text.h"

#define MOMENTS 10
#define ROUNDS 3

static void percent(char *text, size_t room, bool known, double value)
{
	if (known)
		snprintf(text, room, "%.2f%%", 100 * value);
	else
		snprintf(text, room, "-");
}

static void print_measures(const char *head, const struct measures *measures)
{
	printf("  %-22s", head);
	for (int which = 1; which <= MEASURES; which++) {
		char text[24];
		double value = 0;
		bool known = measures_value(measures, which, &value);
		percent(text, sizeof text, known, value);
		printf("  %8s", text);
	}
	putchar('\n');
}

static void print_times(const struct times *times)
{
	if (!times->known)
		return;
	printf("time           %.1f ns an operation in a fresh heap", times->first);
	if (times->is_warm)
		printf(", %.1f ns when replayed again", times->warm);
	printf("; of it %.1f ns are the replay's own loop\n", times->loop);
	if (times->worst > 0)
		printf("               single operations: half within %.0f ns, 99%% within %.0f ns, 99.9%% within %.0f ns, the "
		       "worst %s ns\n",
		       times->median, times->p99, times->p999, text_count((uint64_t)times->worst).s);
}

/* Ten moments of the heap's life. */
static void print_course(const struct outcome *outcome)
{
	printf("\n  %14s  %10s  %10s  %13s  %11s  %12s\n", "operation", "payload", "heap", "fragmentation", "free blocks",
	       "largest free");
	for (size_t row = 0; row < MOMENTS && outcome->sample_count > 0; row++) {
		size_t i = outcome->sample_count > MOMENTS ? row * (outcome->sample_count - 1) / (MOMENTS - 1) : row;
		if (i >= outcome->sample_count)
			break;
		const struct sample *sample = &outcome->samples[i];
		char text[24];
		percent(text, sizeof text, sample->requested > 0,
		        sample->requested ? (double)sample->used / (double)sample->requested - 1 : 0);
		printf("  %14s  %10s  %10s  %13s  %11s  %12s\n", text_count(sample->op).s, text_bytes(sample->requested).s,
		       text_bytes(sample->used).s, text, text_count(sample->free_blocks).s, text_bytes(sample->largest_free).s);
	}
}

static void print_outcome(const struct tape_totals *totals, const struct setup *setup, const struct outcome *outcome)
{
	printf("%s on %s, layout %s, backend %s: %s operations, %s blocks, at most %s live\n", totals->name,
	       setup->policy->name, setup->policy->layout, setup->backend, text_count(totals->ops).s,
	       text_count(totals->blocks).s, text_bytes(totals->peak_bytes).s);
	if (outcome->cut)
		printf("cut            the time limit was reached: figures are of the first %s operations, times of %s\n",
		       text_count(outcome->ops).s, text_count(outcome->timed_ops).s);
	print_times(&outcome->times);
	printf("memory         at most %s, utilisation %s\n", text_bytes(outcome->whole.most_used).s,
	       text_share(outcome->whole.most_requested, outcome->whole.most_used).s);
	if (outcome->search_ops > 0)
		printf("searches       %.2f steps on average, at most %s; 0 where no free block was looked at\n",
		       (double)outcome->search_steps / (double)outcome->search_ops, text_count(outcome->search_worst).s);
	printf("growth         %s times\n", text_count(outcome->grow_calls).s);
	printf("fragmentation           average    at peak   at summit    peaks\n");
	print_measures("with header cost", &outcome->whole);
	print_measures("without header cost", &outcome->bare);
	print_course(outcome);
}

/* Replay one trace. Returns an exit status. */
static int trace_run(const struct job *job, struct outcome *outcome)
{
	const struct osm_policy *policy = job->setup->policy;

	*outcome = (struct outcome){.name = policy->name, .layout = policy->layout};
	bool went_on = watch_run(job, outcome) && (outcome->failed || pace_run(job, outcome));
	progress_clear();
	if (!went_on)
		return COMMAND_INTERRUPTED;
	if (outcome->failed)
		fprintf(stderr, "osmem: %s: %s\n", job->label, outcome->note);
	return outcome->failed ? COMMAND_WRONG : COMMAND_OK;
}

static int traces_run(const struct setup *setup, char *files[], size_t count, bool as_json, double limit)
{
	static struct outcome outcome;
	struct json json = {.file = stdout};
	struct tape_totals totals[count];
	int status = COMMAND_OK;

	/* a mistake in the last file shows before the first is replayed */
	for (size_t i = 0; i < count; i++)
		if (!tape_survey(files[i], &totals[i], &command_stopped))
			return command_stopped ? COMMAND_INTERRUPTED : COMMAND_BAD_TRACE;
	if (as_json) {
		json_open(&json, NULL, '{');
		json_text(&json, "command", "replay");
		machine_json(&json);
		json_open(&json, "replays", '[');
	}
	for (size_t i = 0; i < count && status != COMMAND_INTERRUPTED; i++) {
		char label[120];
		snprintf(label, sizeof label, "%.40s on %.20s, layout %.20s", totals[i].name, setup->policy->name,
		         setup->policy->layout);
		const struct job job = {.totals = &totals[i],
		                        .setup = setup,
		                        .limit = limit,
		                        .rounds = ROUNDS,
		                        .stop = &command_stopped,
		                        .label = label};
		int ended = trace_run(&job, &outcome);
		status = ended > status ? ended : status;
		if (ended != COMMAND_OK)
			continue;
		if (as_json)
			outcome_json(&json, &totals[i], &outcome);
		else
			print_outcome(&totals[i], setup, &outcome);
	}
	if (as_json) {
		json_close(&json, ']');
		json_close(&json, '}');
		putchar('\n');
	}
	return status;
}
#include <getopt.h>
#include <stdlib.h>
int command_replay(int argc, char *argv[])
{
	static const struct option known[] = {
		{"policy", required_argument, NULL, 'p'},  {"layout", required_argument, NULL, 'l'},
		{"backend", required_argument, NULL, 'b'}, {"granule", required_argument, NULL, 'g'},
		{"map-threshold", required_argument, NULL, 'm'}, {"limit", required_argument, NULL, 't'}, {"json", no_argument, NULL, 'j'},
		{0},
	};
	struct choice choice = {0};
	struct setup setup;
	bool as_json = false;
	double limit = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'p': choice.policy = optarg; break;
		case 'l': choice.layout = optarg; break;
		case 'b': choice.backend = optarg; break;
		case 'g': choice.granule = optarg; break;
		case 'm': choice.map = optarg; break;
		case 't': limit = atof(optarg); break;
		case 'j': as_json = true; break;
		default: return COMMAND_USAGE;
		}
	}
	if (optind == argc || !choice_setup(&choice, &setup))
		return COMMAND_USAGE;
	return traces_run(&setup, argv + optind, (size_t)(argc - optind), as_json, limit);
}
