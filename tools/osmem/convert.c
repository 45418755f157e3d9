/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem convert: a trace in another form.
 */
#include <stdio.h>

#include "tools/osmem/cli.h"
#include "tools/osmem/copy.h"

static const char *const forms[] = {"text", "binary", "rep", NULL};
static const char *const packings[] = {"none", "gzip", "zstd", NULL};

static struct {
	int form, packing;
	bool renumber;
} options = {-1, -1, false};

static const struct cli_option table[] = {
	{"form", 'f', CLI_CHOICE, "FORM",
     "How operations are written (what OUT's name says: .osmt is binary, .rep is rep, "
     "everything else is text)",
     &options.form, forms},
	{"compress", 'c', CLI_CHOICE, "METHOD", "How the file is compressed (what OUT's name says: .gz, .zst)",
     &options.packing, packings},
	{"renumber", 'n', CLI_SWITCH, NULL, "Number blocks from 0 in the order of their allocation, each number once",
     &options.renumber, NULL},
	{0},
};

static int run(size_t count, char **operands)
{
	enum osm_trace_form form;
	enum osm_trace_packing packing;

	(void)count;
	osm_trace_form_of(operands[1], &form, &packing);
	if (options.form >= 0)
		form = (enum osm_trace_form)options.form;
	if (options.packing >= 0)
		packing = (enum osm_trace_packing)options.packing;
	struct copy_result result;
	return copy_trace(operands[0], operands[1], form, packing, options.renumber ? COPY_RENUMBERED : COPY_SAME, &result);
}

const struct cli_command command_convert = {
	.name = "convert",
	.summary = "write a trace in another form",
	.synopsis = "FILE OUT",
	.description =
		"Reads a trace, checks it, and writes it to OUT; - is standard input or output. Text and binary hold the same "
		"and "
		"turn into each other without loss. The form of the CMU malloc lab, rep, holds less: calloc and aligned "
		"allocations become plain ones, call sites, threads and times are left out.\n\n"
		"The forms are described in the documentation, on the page \"The form of traces\".",
	.options = table,
	.examples = "osmem convert tests/traces/cc1.rep.gz cc1.osmt.zst\nosmem convert cc1.osmt.zst - | less",
	.operands_min = 2,
	.operands_max = 2,
	.run = run,
};
