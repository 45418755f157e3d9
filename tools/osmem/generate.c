/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem generate: traces of programs that never were.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/model.h"
#include "tools/text.h"

static const char *const models[] = {"fitted",          "ramp", "peak", "plateau", "fifty-percent", "robson-first-fit",
                                     "robson-best-fit", NULL};

/* A model, and what it takes for what was not said. */
static const struct {
	void (*make)(struct synth *synth);
	struct model_options defaults;
} known[] = {
	{model_fitted, {0}},
	{model_ramp, {.blocks = 100000, .least = 16, .most = 4096}},
	{model_peak, {.blocks = 100000, .least = 16, .most = 4096}},
	{model_plateau, {.blocks = 100000, .live = 10000, .least = 16, .most = 4096}},
	{model_fifty, {.blocks = 200000, .live = 5000, .least = 16, .most = 4096}},
	{model_first_fit, {.live = 1 << 20, .most = 4096, .header = 8}},
	{model_best_fit, {.live = 256 << 10, .most = 16384, .header = 8}},
};

static struct {
	int model;
	struct model_options numbers;
} options = {.model = -1,
             .numbers = {.blocks = UINT64_MAX,
                         .live = UINT64_MAX,
                         .least = UINT64_MAX,
                         .most = UINT64_MAX,
                         .header = UINT64_MAX,
                         .seed = 1}};

static const struct cli_option table[] = {
	{"model", 'm', CLI_CHOICE, "MODEL", "What kind of program", &options.model, models},
	{"like", 'l', CLI_FILE, "TRACE", "fitted: the trace whose sizes and lifetimes are taken", &options.numbers.like,
     NULL},
	{"blocks", 'b', CLI_NUMBER, "N",
     "All but the worst cases: blocks in all (100000; fifty-percent 200000; fitted: as many as TRACE has)",
     &options.numbers.blocks, NULL},
	{"live", 'n', CLI_BYTES, "N",
     "plateau and fifty-percent: blocks that live at a time (10000, 5000); robson-first-fit and robson-best-fit: bytes "
     "(1M, 256K)",
     &options.numbers.live, NULL},
	{"least", 'a', CLI_BYTES, "BYTES", "ramp, peak, plateau and fifty-percent: the smallest block (16)",
     &options.numbers.least, NULL},
	{"most", 'z', CLI_BYTES, "BYTES", "All but fitted: the largest block (4096; robson-best-fit 16K)",
     &options.numbers.most, NULL},
	{"header", 'e', CLI_NUMBER, "BYTES",
     "The worst cases: what a layout keeps beside a block (8, good for tag, wide and "
     "bitmap; meta: 32)",
     &options.numbers.header, NULL},
	{"seed", 's', CLI_NUMBER, "N", "Where chance begins (1): the same seed gives the same trace", &options.numbers.seed,
     NULL},
	{0},
};

static void take(uint64_t *number, uint64_t given)
{
	if (given != UINT64_MAX)
		*number = given;
}

/* The name of an option that was given and is none of the model's; NULL: there is none. Defaults tell which it takes. */
static const char *unused_find(void)
{
	const struct model_options *given = &options.numbers, *taken = &known[options.model].defaults;
	const struct {
		const char *name;
		uint64_t given;
		bool is_taken;
	} numbers[] = {
		{"blocks", given->blocks, taken->blocks || known[options.model].make == model_fitted},
		{"live", given->live, taken->live},
		{"least", given->least, taken->least},
		{"most", given->most, taken->most},
		{"header", given->header, taken->header},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (numbers[i].given != UINT64_MAX && !numbers[i].is_taken)
			return numbers[i].name;
	return NULL;
}

/* As many blocks of the largest size as may live at a time are no more than an address space. */
static bool sizes_fit(const struct model_options *numbers)
{
	uint64_t live = numbers->live > 0 && numbers->live < numbers->blocks ? numbers->live : numbers->blocks;

	return live == 0 || numbers->most <= PTRDIFF_MAX / live;
}

static bool numbers_judge(const struct model_options *numbers)
{
	bool is_worst = known[options.model].make == model_first_fit || known[options.model].make == model_best_fit;
	const char *wrong = NULL;

	if (known[options.model].make == model_fitted)
		wrong = numbers->like ? NULL : "--model=fitted takes --like=TRACE";
	else if (numbers->like)
		wrong = "--like is for --model=fitted";
	else if (numbers->most > PTRDIFF_MAX / 2 || numbers->blocks > UINT32_MAX || numbers->live > UINT32_MAX)
		wrong = "that is more than there can be";
	else if (!is_worst && (numbers->least == 0 || numbers->least > numbers->most))
		wrong = "--least is at least 1 and at most --most";
	else if (is_worst && (numbers->header > 63 || numbers->most < 256))
		wrong = "--header is at most 63 and --most at least 256";
	else if (known[options.model].make == model_best_fit && numbers->live < 3 * numbers->most)
		wrong = "--live is at least three times --most";
	else if (known[options.model].defaults.live && numbers->live == 0)
		wrong = "--live is at least 1";
	else if (!is_worst && !sizes_fit(numbers))
		wrong = "so many blocks of --most bytes are more than an address space";
	if (wrong)
		cli_complain("%s", wrong);
	return !wrong;
}

static int make(const struct model_options *numbers, const char *path)
{
	enum osm_trace_form form;
	enum osm_trace_packing packing;
	struct osm_trace_error error;
	struct synth synth = {.options = *numbers, .random = numbers->seed, .status = CLI_OK};

	osm_trace_form_of(path, &form, &packing);
	synth.writer = osm_trace_create(path, form, packing, &error);
	if (!synth.writer) {
		cli_complain("%s: %s", path, error.reason);
		return CLI_FAILED;
	}
	known[options.model].make(&synth);
	if (cli_interrupted || synth.status != CLI_OK) {
		osm_trace_abandon(synth.writer);
		return cli_interrupted ? CLI_INTERRUPTED : synth.status;
	}
	if (!osm_trace_finish(synth.writer, &error)) {
		cli_complain("%s: %s", path, error.reason);
		return CLI_FAILED;
	}
	return CLI_OK;
}

static int run(size_t count, char **paths)
{
	(void)count;
	if (options.model < 0) {
		cli_complain("--model is missing; `osmem generate --help` lists them");
		return CLI_USAGE;
	}
	const char *unused = unused_find();
	if (unused) {
		cli_complain("--%s is not for --model=%s", unused, models[options.model]);
		return CLI_USAGE;
	}
	struct model_options numbers = known[options.model].defaults;
	numbers.seed = options.numbers.seed;
	numbers.like = options.numbers.like;
	take(&numbers.blocks, options.numbers.blocks);
	take(&numbers.live, options.numbers.live);
	take(&numbers.least, options.numbers.least);
	take(&numbers.most, options.numbers.most);
	take(&numbers.header, options.numbers.header);
	return numbers_judge(&numbers) ? make(&numbers, paths[0]) : CLI_USAGE;
}

const struct cli_command command_generate = {
	.name = "generate",
	.summary = "make up a trace: like a recorded one, or a classical one",
	.synopsis = "OUT",
	.description =
		"Writes a trace of a program that never was; OUT's name says the form, - is standard output.\n\n"
		"fitted: blocks are drawn from those of TRACE, each with its sizes and its lifetime.\n\n"
		"ramp: data accumulate; a quarter is freed on the way. peak: ten times, blocks are made and nearly all of them "
		"freed. "
		"plateau: blocks are made, and each new one replaces one of them; all are freed in the end. Sizes are such "
		"that each "
		"power of two is as likely.\n\n"
		"fifty-percent: as plateau, but every size is equally likely, and nothing is freed in the end: there are about "
		"half as "
		"many free blocks as live ones then (Knuth).\n\n"
		"robson-first-fit: needs about 1 + log2(MOST/64)/2 times the memory that is live (Robson 1974). "
		"robson-best-fit: best "
		"fit needs about MOST/174 times what is live, if that is many times MOST, and first fit next to nothing more "
		"(after Robson 1977).",
	.options = table,
	.examples = "osmem generate --model=peak --blocks=1000000 --seed=7 peak.osmt.zst\n"
				"osmem generate --model=fitted --like=tests/traces/cc1.rep.gz --blocks=10000000 long.osmt.zst\n"
				"osmem generate --model=robson-best-fit worst.rep",
	.operands_min = 1,
	.operands_max = 1,
	.run = run,
};
