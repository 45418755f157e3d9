/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options of a command, by its table: see cli.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/osmem/cli.h"
#include "tools/progress.h"
#include "tools/text.h"

enum { OPTIONS_MAX = 40, LONG_FIRST = 256, LONG_HELP = 1000, COMPLAINT_MAX = 8192 };

static const char *command_name = "";

volatile sig_atomic_t cli_interrupted;

/* ---- Messages */

static void line_begin(void)
{
	progress_clear();
	fprintf(stderr, "osmem%s%s: ", *command_name ? " " : "", command_name);
}

void cli_complain(const char *format, ...)
{
	char text[COMPLAINT_MAX];
	va_list arguments;

	if (cli_interrupted)
		return;
	line_begin();
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	text_put_line(stderr, text);
	fputc('\n', stderr);
}

int cli_tell_interrupted(void)
{
	line_begin();
	fputs("interrupted\n", stderr);
	return CLI_INTERRUPTED;
}

int cli_bad_trace(const char *path, const struct osm_trace_error *error)
{
	if (error->line > 0)
		cli_complain("%s:%" PRIu64 ": %s", path, error->line, error->reason);
	else if (error->byte > 0)
		cli_complain("%s: byte %" PRIu64 ": %s", path, error->byte, error->reason);
	else
		cli_complain("%s: %s", path, error->reason);
	return CLI_BAD_TRACE;
}

void cli_progress(const char *job, const char *stage, const struct osm_trace_reader *reader)
{
	double part = osm_trace_progress(reader);

	if (part >= 0)
		progress_show(job, stage, (size_t)(part * 1000), 1000);
}

/* How many letters have to be put in, taken out or changed (Levenshtein 1966); names are short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], length = strlen(b);

	if (length >= sizeof row / sizeof *row)
		return SIZE_MAX;
	for (size_t i = 0; i <= length; i++)
		row[i] = i;
	for (size_t i = 1; *a; i++, a++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= length; k++) {
			size_t change = diagonal + (*a != b[k - 1]);
			size_t other = (row[k] < row[k - 1] ? row[k] : row[k - 1]) + 1;
			diagonal = row[k];
			row[k] = change < other ? change : other;
		}
	}
	return row[length];
}

const char *cli_nearest(const char *wrong, const char *const *names)
{
	const char *nearest = NULL;
	size_t least = 1 + strlen(wrong) / 2;

	for (; *names; names++) {
		size_t far = strncmp(*names, wrong, strlen(wrong)) == 0 ? 0 : distance(wrong, *names);
		if (far < least) {
			least = far;
			nearest = *names;
		}
	}
	return nearest;
}

/* ---- Values */

static bool refuse(const struct cli_option *option, const char *value, const char *wanted)
{
	cli_complain("--%s=%s: %s", option->name, value, wanted);
	return false;
}

static bool number_take(const struct cli_option *option, const char *value)
{
	static const char units[] = "KMG";
	char *end;

	errno = 0;
	uint64_t number = strtoull(value, &end, 10);
	const char *unit = option->kind == CLI_BYTES && *end && !end[1] ? strchr(units, *end) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	if (*value < '0' || *value > '9' || errno || (*end && !unit))
		return refuse(option, value,
		              option->kind == CLI_BYTES ? "a number of bytes is wanted, e.g. 4096 or 64K"
		                                        : "a number is wanted");
	if (number << shift >> shift != number)
		return refuse(option, value, "the number is too large");
	*(uint64_t *)option->target = number << shift;
	return true;
}

static bool choice_take(const struct cli_option *option, const char *value)
{
	for (int i = 0; option->choices[i]; i++)
		if (strcmp(option->choices[i], value) == 0) {
			*(int *)option->target = i;
			return true;
		}
	const char *nearest = cli_nearest(value, option->choices);
	char wanted[400] = "it is one of";
	for (int i = 0; option->choices[i]; i++)
		snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s %s", i > 0 ? "," : "",
		         option->choices[i]);
	if (nearest)
		snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "; did you mean %s?", nearest);
	return refuse(option, value, wanted);
}

static bool value_take(const struct cli_option *option, const char *value)
{
	switch (option->kind) {
	case CLI_SWITCH:
		*(bool *)option->target = true;
		return true;
	case CLI_TEXT:
	case CLI_FILE:
		*(const char **)option->target = value;
		return true;
	case CLI_NUMBER:
	case CLI_BYTES:
		return number_take(option, value);
	case CLI_CHOICE:
		return choice_take(option, value);
	}
	return false;
}

/* ---- Options */

/* The tables of getopt_long. + : an operand ends the options. : : a missing value is told apart. */
static size_t tables_fill(const struct cli_command *command, struct option *longs, char *shorts)
{
	size_t n = 0;

	if (command->options_end)
		*shorts++ = '+';
	*shorts++ = ':';
	for (; command->options[n].name && n < OPTIONS_MAX; n++) {
		const struct cli_option *option = &command->options[n];
		longs[n] = (struct option){option->name, option->kind == CLI_SWITCH ? no_argument : required_argument, NULL,
		                           LONG_FIRST + (int)n};
		if (option->letter) {
			*shorts++ = option->letter;
			if (option->kind != CLI_SWITCH)
				*shorts++ = ':';
		}
	}
	longs[n] = (struct option){"help", no_argument, NULL, LONG_HELP};
	*shorts++ = 'h';
	*shorts = '\0';
	return n;
}

static const struct cli_option *option_find(const struct cli_command *command, int code, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code == LONG_FIRST + (int)i || (code && code == command->options[i].letter))
			return &command->options[i];
	return NULL;
}

/* The long options that begin with this: more than one, or it would have been taken for the one. False: there are none. */
static bool complain_unclear(const char *const *names, const char *begin)
{
	char list[400] = "";

	for (; *names; names++)
		if (strncmp(*names, begin, strlen(begin)) == 0)
			snprintf(list + strlen(list), sizeof list - strlen(list), "%s --%s", *list ? "," : "", *names);
	if (*list)
		cli_complain("--%s may be%s: which one?", begin, list);
	return *list;
}

static void complain_unknown(const struct cli_command *command, const char *argument, size_t count)
{
	const char *names[OPTIONS_MAX + 2] = {0}, *equals = strchr(argument, '=');
	char name[64];

	for (size_t i = 0; i < count; i++)
		names[i] = command->options[i].name;
	names[count] = "help";
	snprintf(name, sizeof name, "%.*s", equals && equals - argument < 60 ? (int)(equals - argument - 2) : 60,
	         argument + 2);
	if (complain_unclear(names, name))
		return;
	const char *nearest = cli_nearest(name, names);
	if (nearest)
		cli_complain("there is no option --%s; did you mean --%s?", name, nearest);
	else
		cli_complain("there is no option --%s; `osmem %s --help` lists all", name, command->name);
}

/* What getopt_long was not content with. It leaves 0 in optopt for a long option that it does not know. */
static void complain_option(const struct cli_command *command, int code, const char *argument, size_t count)
{
	const struct cli_option *option = option_find(command, optopt, count);

	if (code == ':')
		cli_complain("--%s takes a value: --%s=%s", option->name, option->name, option->argument);
	else if (optopt >= LONG_FIRST)
		cli_complain("--%s takes no value", option ? option->name : "help");
	else if (optopt)
		cli_complain("there is no option -%c; `osmem %s --help` lists all", optopt, command->name);
	else
		complain_unknown(command, argument, count);
}

static int operands_judge(const struct cli_command *command, size_t count, char **operands)
{
	if (count < command->operands_min) {
		cli_complain("something is missing; usage: osmem %s [OPTION...] %s", command->name, command->synopsis);
		return CLI_USAGE;
	}
	if (count > command->operands_max) {
		cli_complain("'%s' is too much; usage: osmem %s [OPTION...] %s", operands[command->operands_max], command->name,
		             command->synopsis);
		return CLI_USAGE;
	}
	return CLI_OK;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, size_t *operands)
{
	struct option longs[OPTIONS_MAX + 2] = {0};
	char shorts[2 * OPTIONS_MAX + 8];
	size_t count = tables_fill(command, longs, shorts);
	int code;

	command_name = command->name;
	opterr = 0;
	optind = 0;
	for (;;) {
		code = getopt_long(argc, argv, shorts, longs, NULL);
		if (code == -1)
			break;
		if (code == LONG_HELP || code == 'h') {
			cli_help(command);
			*operands = SIZE_MAX;
			return CLI_OK;
		}
		const struct cli_option *option = option_find(command, code, count);
		if (!option)
			complain_option(command, code, argv[optind - 1], count); /* operands that stood before it are moved */
		if (!option || !value_take(option, optarg))
			return CLI_USAGE;
	}
	*operands = (size_t)(argc - optind);
	memmove(argv, argv + optind, (*operands + 1) * sizeof *argv); /* with the NULL at the end */
	return operands_judge(command, *operands, argv);
}
