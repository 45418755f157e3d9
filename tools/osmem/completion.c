/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completions for shells, out of the tables of options.
 */
#include <stdio.h>
#include <string.h>

#include "tools/osmem/cli.h"

static void print_choices(const struct cli_option *option)
{
	for (size_t i = 0; option->choices[i]; i++)
		printf("%s%s", i > 0 ? " " : "", option->choices[i]);
}

/* Within single quotes. */
static void print_quoted(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
}

/* In bash `=` parts words: the option is the word before it. */
static void bash(void)
{
	puts("_osmem()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} option options=\n"
	     "\tCOMPREPLY=()\n\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	fputs("\t\tCOMPREPLY=($(compgen -W 'help completion --version", stdout);
	for (const struct cli_command *const *each = cli_commands; *each; each++)
		printf(" %s", (*each)->name);
	puts("' -- \"$word\"))\n\t\treturn\n\tfi\n\toption=$before\n"
	     "\t[ \"$word\" = = ] && word=\n\t[ \"$before\" = = ] && option=${COMP_WORDS[COMP_CWORD-2]}\n"
	     "\tcase ${COMP_WORDS[1]}:$option in");
	for (const struct cli_command *const *each = cli_commands; *each; each++)
		for (const struct cli_option *option = (*each)->options; option->name; option++)
			if (option->kind == CLI_CHOICE) {
				printf("\t%s:--%s) COMPREPLY=($(compgen -W '", (*each)->name, option->name);
				print_choices(option);
				puts("' -- \"$word\")); return ;;");
			}
	puts("\tesac\n\tcase ${COMP_WORDS[1]} in");
	for (const struct cli_command *const *each = cli_commands; *each; each++) {
		printf("\t%s) options='--help", (*each)->name);
		for (const struct cli_option *option = (*each)->options; option->name; option++)
			printf(" --%s%s", option->name, option->argument ? "=" : "");
		puts("' ;;");
	}
	puts("\tesac\n\tif [[ $word == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
	     "\t\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n\telse\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n\tfi\n}\ncomplete -o filenames -F _osmem osmem");
}

static void zsh_option(const struct cli_option *option)
{
	printf("\t\t\t'--%s%s[", option->name, option->argument ? "=" : "");
	for (const char *c = option->help; *c; c++) {
		if (strchr("[]:\\", *c))
			putchar('\\');
		if (*c == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*c);
	}
	putchar(']');
	if (option->argument)
		printf(":%s:", option->argument);
	if (option->kind == CLI_FILE)
		fputs("_files", stdout);
	if (option->kind == CLI_CHOICE) {
		putchar('(');
		print_choices(option);
		putchar(')');
	}
	puts("' \\");
}

static void zsh(void)
{
	puts("#compdef osmem\n_osmem()\n{\n\tlocal -a commands\n\tif (( CURRENT == 2 )); then\n\t\tcommands=(");
	for (const struct cli_command *const *each = cli_commands; *each; each++) {
		printf("\t\t\t'%s:", (*each)->name);
		print_quoted((*each)->summary);
		puts("'");
	}
	puts("\t\t\t'help:tell what a command does'\n\t\t\t'completion:print completions'\n\t\t)\n"
	     "\t\t_describe command commands\n\t\treturn\n\tfi\n\tlocal command=$words[2]\n\tshift words\n"
	     "\t(( CURRENT-- ))\n\tcase $command in");
	for (const struct cli_command *const *each = cli_commands; *each; each++) {
		printf("\t%s)\n\t\t_arguments \\\n\t\t\t'--help[tell what it does]' \\\n", (*each)->name);
		for (const struct cli_option *option = (*each)->options; option->name; option++)
			zsh_option(option);
		puts("\t\t\t'*:file:_files'\n\t\t;;");
	}
	puts("\tesac\n}\n_osmem \"$@\"");
}

static void fish(void)
{
	puts("complete -c osmem -n __fish_use_subcommand -f -a help -d 'tell what a command does'\n"
	     "complete -c osmem -n __fish_use_subcommand -f -a completion -d 'print completions'");
	for (const struct cli_command *const *each = cli_commands; *each; each++) {
		printf("complete -c osmem -n __fish_use_subcommand -f -a %s -d '", (*each)->name);
		print_quoted((*each)->summary);
		puts("'");
		for (const struct cli_option *option = (*each)->options; option->name; option++) {
			printf("complete -c osmem -n '__fish_seen_subcommand_from %s' -l %s", (*each)->name, option->name);
			if (option->letter)
				printf(" -s %c", option->letter);
			if (option->argument)
				fputs(option->kind == CLI_FILE ? " -r -F" : " -x", stdout);
			if (option->kind == CLI_CHOICE) {
				fputs(" -a '", stdout);
				print_choices(option);
				putchar('\'');
			}
			fputs(" -d '", stdout);
			for (const char *c = option->help; *c; c++)
				printf(*c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
			puts("'");
		}
	}
}

bool cli_completion(const char *shell)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].print();
			return true;
		}
	return false;
}
