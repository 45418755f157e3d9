/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Help on a terminal, out of the tables of options.
 */
#include <stdio.h>
#include <string.h>

#include "tools/osmem/cli.h"

enum { WIDTH = 80, INDENT = 4 };

/* Paragraphs, wrapped; a line that begins with a blank stays as it is. */
static void print_wrapped(const char *text, int indent)
{
	int column = 0;

	while (*text) {
		if (column == 0 && *text == ' ') {
			int length = (int)strcspn(text, "\n");
			printf("%*s%.*s\n", indent, "", length, text);
			text += length + (text[length] == '\n');
			continue;
		}
		int length = (int)strcspn(text, " \n");
		if (column > 0 && column + 1 + length > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += printf("%*s%.*s", column == 0 ? indent : 1, "", length, text);
		text += length;
		bool ends = strncmp(text, "\n\n", 2) == 0;
		if (ends)
			printf("\n");
		if (ends || (*text == '\n' && text[1] == ' ')) {
			putchar('\n');
			column = 0;
		}
		text += strspn(text, ends ? "\n" : *text == '\n' ? "\n" : " ");
	}
	if (column > 0)
		putchar('\n');
}

static void print_option(const struct cli_option *option)
{
	printf("%*s", INDENT, "");
	if (option->letter)
		printf("-%c, ", option->letter);
	printf("--%s%s%s\n", option->name, option->argument ? "=" : "", option->argument ? option->argument : "");
	print_wrapped(option->help, 2 * INDENT);
	if (option->kind == CLI_CHOICE) {
		char line[400] = "One of:";
		for (size_t i = 0; option->choices[i]; i++)
			snprintf(line + strlen(line), sizeof line - strlen(line), " %s", option->choices[i]);
		print_wrapped(line, 2 * INDENT);
	}
}

static void print_command(const struct cli_command *command)
{
	printf("osmem %s: %s\n\nUsage: osmem %s %s%s%s\n\n", command->name, command->summary, command->name,
	       command->options->name ? "[OPTION...]" : "", *command->synopsis ? " " : "", command->synopsis);
	print_wrapped(command->description, 0);
	if (command->options->name)
		printf("\nOptions:\n");
	for (const struct cli_option *option = command->options; option->name; option++)
		print_option(option);
	if (command->statuses) {
		printf("\nExit status:\n");
		print_wrapped(command->statuses, INDENT);
	}
	if (command->examples) {
		printf("\nExamples:\n");
		for (const char *line = command->examples; *line; line += strcspn(line, "\n"), line += *line == '\n')
			printf("%*s%.*s\n", INDENT, "", (int)strcspn(line, "\n"), line);
	}
}

void cli_help(const struct cli_command *command)
{
	if (command) {
		print_command(command);
		return;
	}
	printf("osmem: record what programs ask of malloc, replay it on every policy, look at heaps\n\n"
	       "Usage: osmem COMMAND [OPTION...] [FILE...]\n\nCommands:\n");
	for (const struct cli_command *const *each = cli_commands; *each; each++)
		printf("    %-10s  %s\n", (*each)->name, (*each)->summary);
	printf("    %-10s  %s\n    %-10s  %s\n", "help", "tell what a command does: osmem help COMMAND", "completion",
	       "print completions for bash, zsh or fish");
	printf(
		"\nA FILE is a trace: text or binary, plain, gzip or zstd; - is standard input.\n\n"
		"Exit status: 0 all is well; 1 the answer is no, a check found something; 2 wrong\nusage; 3 a trace cannot be "
		"read; 4 something else failed; 130 interrupted.\n");
}
