/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem replay: traces on one heap, what it costs and what it wastes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/machine.h"
#include "tools/lab/choice.h"
#include "tools/lab/outcome_json.h"
#include "tools/lab/pace.h"
#include "tools/osmem/cli.h"
#include "tools/progress.h"
#include "tools/text.h"

#define MOMENTS 10
#define ROUNDS 3

static struct {
	struct choice choice;
	uint64_t limit;
	bool json;
} options;

static const struct cli_option table[] = {
	CHOICE_OPTIONS(options.choice),
	{"limit", 't', CLI_NUMBER, "SECONDS",
     "End a replay after so much processor time, and tell of its beginning (never)", &options.limit, NULL},
	{"json", 'j', CLI_SWITCH, NULL, "Print all figures as JSON", &options.json, NULL},
	{0},
};

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
		printf("  %9s", text);
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
	text_put_line(stdout, totals->name);
	printf(" on %s, layout %s, backend %s: %s operations, %s blocks, at most %s live\n", setup->policy->name,
	       setup->policy->layout, setup->backend, text_count(totals->ops).s, text_count(totals->blocks).s,
	       text_bytes(totals->peak_bytes).s);
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
	printf("fragmentation           1 average  2 payload  3 memory    4 both\n");
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
		return CLI_INTERRUPTED;
	if (outcome->failed)
		cli_complain("%s: %s", job->label, outcome->note);
	return outcome->failed ? CLI_FOUND : CLI_OK;
}

static int trace_report(const struct tape_totals *totals, const struct setup *setup, struct json *json)
{
	static struct outcome outcome;
	char label[120];

	snprintf(label, sizeof label, "%.40s on %.20s, layout %.20s", totals->name, setup->policy->name,
	         setup->policy->layout);
	const struct job job = {.totals = totals,
	                        .setup = setup,
	                        .limit = (double)options.limit,
	                        .rounds = ROUNDS,
	                        .stop = &cli_interrupted,
	                        .label = label};
	int status = trace_run(&job, &outcome);
	if (status != CLI_OK)
		return status;
	if (options.json)
		outcome_json(json, totals, &outcome);
	else
		print_outcome(totals, setup, &outcome);
	return CLI_OK;
}

static int traces_run(const struct setup *setup, const struct tape_totals *totals, size_t count)
{
	struct json json = {.file = stdout};
	int worst = CLI_OK;

	if (options.json) {
		json_open(&json, NULL, '{');
		json_text(&json, "command", "replay");
		machine_json(&json);
		setup_json(&json, setup);
		json_open(&json, "traces", '[');
		for (size_t i = 0; i < count; i++)
			trace_json(&json, &totals[i]);
		json_close(&json, ']');
		json_open(&json, "results", '[');
	}
	for (size_t i = 0; i < count && !cli_interrupted; i++) {
		int status = trace_report(&totals[i], setup, &json);
		worst = status > worst ? status : worst;
		if (!options.json && i + 1 < count)
			putchar('\n');
	}
	if (options.json) {
		json_close(&json, ']');
		json_close(&json, '}');
		putchar('\n');
	}
	return worst;
}

static int run(size_t count, char **operands)
{
	struct tape_totals *totals = NULL;
	struct setup setup;

	if (!choice_setup(&options.choice, &setup))
		return CLI_USAGE;
	machine_limit_memory();
	int status = tape_survey_all(operands, count, &totals, &cli_interrupted);
	if (status == CLI_OK)
		status = traces_run(&setup, totals, count);
	free(totals);
	return status;
}

const struct cli_command command_replay = {
	.name = "replay",
	.summary = "do a trace again on a heap, and tell what it costs and wastes",
	.synopsis = "FILE...",
	.description =
		"Replays each trace on a heap of one policy. The first replay checks: each payload is filled with bytes of its "
		"own, which are compared before it is resized or freed. It is also what memory, fragmentation and searches are "
		"counted in, after each operation. Then the trace is replayed for its time: in a fresh heap, again in the same "
		"heap "
		"with all blocks freed, and once more with the clock read around each operation.\n\n"
		"Fragmentation is told by the four measures of Johnstone and Wilson (1998), each the memory that the heap "
		"holds "
		"against the payload that the program asked for, less one: 1 the average over time, which advances by each "
		"byte "
		"allocated; 2 at the moment of the most payload; 3 at the moment of the most memory; 4 the most memory against "
		"the "
		"most payload.",
	.options = table,
	.examples = "osmem replay --policy=first-fit tests/traces/cc1.rep.gz\n"
				"osmem replay --json --backend=brk --granule=8 tests/traces/*.gz > results.json",
	.statuses = "1: a replay failed: the heap ran out of memory, or did something wrong.",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.run = run,
};
