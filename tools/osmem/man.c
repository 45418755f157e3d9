/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Man pages, out of the tables of options, as troff with the man macros (man(7)).
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tools/osmem/cli.h"

/* Text as troff takes it: a dash of an option stays one, and no line begins with a request. */
static void print_text(const char *text, size_t length)
{
	bool at_start = true;

	for (size_t i = 0; i < length; i++) {
		if (at_start && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", stdout);
		at_start = text[i] == '\n';
		if (text[i] == '\\')
			fputs("\\e", stdout);
		else if (text[i] == '-')
			fputs("\\-", stdout);
		else if (text[i] == '\'')
			fputs("\\(aq", stdout);
		else
			putchar(text[i]);
	}
}

static void print_line(const char *text)
{
	print_text(text, strlen(text));
	putchar('\n');
}

/* Lines that begin with a blank are examples. */
static void print_paragraphs(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		bool is_example = *text == ' ';

		if (is_example)
			fputs(".EX\n", stdout);
		print_text(text, length);
		putchar('\n');
		if (is_example)
			fputs(".EE\n", stdout);
		text += length;
		if (strncmp(text, "\n\n", 2) == 0)
			fputs(".PP\n", stdout);
		text += strspn(text, "\n");
	}
}

static void print_options(const struct cli_option *option)
{
	for (; option->name; option++) {
		fputs(".TP\n\\fB", stdout);
		if (option->letter)
			printf("\\-%c\\fR, \\fB", option->letter);
		printf("\\-\\-");
		print_text(option->name, strlen(option->name));
		printf("\\fR");
		if (option->argument)
			printf("=\\fI%s\\fR", option->argument);
		putchar('\n');
		print_text(option->help, strlen(option->help));
		puts(".");
		if (option->kind == CLI_CHOICE) {
			fputs("One of", stdout);
			for (size_t i = 0; option->choices[i]; i++) {
				printf("%s \\fB", i > 0 ? "," : "");
				print_text(option->choices[i], strlen(option->choices[i]));
				printf("\\fR");
			}
			puts(".");
		}
	}
}

static void print_title(const char *name, const char *summary)
{
	fputs(".TH \"", stdout);
	for (const char *c = name; *c; c++)
		putchar(toupper((unsigned char)*c));
	printf("\" \"1\" \"\" \"osmem %s\" \"osmem\"\n.SH NAME\n", OSMEM_VERSION);
	print_text(name, strlen(name));
	printf(" \\- ");
	print_line(summary);
}

static const char statuses[] =
	"\n.SH EXIT STATUS\n"
	".TP\n0\nAll is well.\n.TP\n1\nThe answer is no: a check found something, or a heap failed "
	"a replay.\n.TP\n2\nWrong usage.\n.TP\n3\nA trace cannot be read; the message names the line "
	"or the byte.\n.TP\n4\nSomething else failed.\n.TP\n130\nInterrupted. Files that were not "
	"finished are removed.\n";

static void print_tool(void)
{
	print_title("osmem", "record what programs ask of malloc, replay it on every policy, look at heaps");
	puts(".SH SYNOPSIS\n.B osmem\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIFILE\\fR...]\n.br\n.B osmem help\n.I COMMAND\n"
	     ".SH DESCRIPTION\nA lab for memory allocation. Traces of programs are recorded, checked, made up, turned into "
	     "other forms and replayed.\n.SH COMMANDS");
	for (const struct cli_command *const *each = cli_commands; *each; each++) {
		printf(".TP\n\\fBosmem\\-%s\\fR(1)\n", (*each)->name);
		print_text((*each)->summary, strlen((*each)->summary));
		puts(".");
	}
	puts(".PP\n\\fBosmem completion\\fR \\fISHELL\\fR prints completions for bash, zsh or fish.");
	fputs(statuses + 1, stdout);
}

void cli_man(const struct cli_command *command)
{
	char name[64];

	if (!command) {
		print_tool();
		return;
	}
	snprintf(name, sizeof name, "osmem-%s", command->name);
	print_title(name, command->summary);
	printf(".SH SYNOPSIS\n.B osmem %s\n[\\fIOPTION\\fR...]\n", command->name);
	print_line(command->synopsis);
	puts(".SH DESCRIPTION");
	print_paragraphs(command->description);
	puts(".SH OPTIONS");
	print_options(command->options);
	if (command->examples) {
		puts(".SH EXAMPLES\n.EX");
		print_line(command->examples);
		fputs(".EE", stdout);
	}
	fputs(command->statuses ? "\n.SH EXIT STATUS\n" : statuses, stdout);
	if (command->statuses)
		print_paragraphs(command->statuses);
	puts(".SH SEE ALSO\n.BR osmem (1)");
}
