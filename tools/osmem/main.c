/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem: the lab. Commands stand in commands.def, exit statuses in cli.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "framework/trace/retry.h"
#include "tools/lab/peer.h"
#include "tools/osmem/cli.h"
#include "tools/progress.h"

#define COMMAND(name) extern const struct cli_command command_##name;
#include "tools/osmem/commands.def"
#undef COMMAND

const struct cli_command *const cli_commands[] = {
#define COMMAND(name) &command_##name,
#include "tools/osmem/commands.def"
#undef COMMAND
	NULL,
};

const struct cli_command *cli_find(const char *name)
{
	for (const struct cli_command *const *command = cli_commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

static void interrupt(int signal)
{
	(void)signal;
	cli_interrupted = 1;
}

static bool is_interrupted(void)
{
	return cli_interrupted;
}

static int unknown_command(const char *name)
{
	const char *names[64] = {0};

	for (size_t i = 0; cli_commands[i] && i < 63; i++)
		names[i] = cli_commands[i]->name;
	const char *nearest = cli_nearest(name, names);
	if (nearest)
		cli_complain("there is no command '%s'; did you mean '%s'?", name, nearest);
	else
		cli_complain("there is no command '%s'; `osmem help` lists all", name);
	return CLI_USAGE;
}

/* help [--man] [COMMAND], and completion SHELL: for people, and for the build. */
static int help(int argc, char **argv)
{
	bool is_man = argc > 0 && strcmp(argv[0], "--man") == 0;

	argc -= is_man;
	argv += is_man;
	const struct cli_command *command = argc > 0 ? cli_find(argv[0]) : NULL;
	if (argc > 0 && !command)
		return unknown_command(argv[0]);
	if (is_man)
		cli_man(command);
	else
		cli_help(command);
	return CLI_OK;
}

static int completion(int argc, char **argv)
{
	if (argc == 1 && cli_completion(argv[0]))
		return CLI_OK;
	cli_complain("completion takes a shell: bash, zsh or fish");
	return CLI_USAGE;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	size_t operands;
	int status = cli_parse(command, argc, argv, &operands);

	if (status != CLI_OK || operands == SIZE_MAX)
		return status;
	/* the second Ctrl-C ends the program at once; without SA_RESTART the first one ends the waiting for a pipe */
	struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
	retry_is_over = is_interrupted;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	status = command->run(operands, argv);
	progress_clear();
	return cli_interrupted ? cli_tell_interrupted() : status;
}

static int dispatch(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		cli_help(NULL);
		return CLI_USAGE;
	}
	if (strcmp(name, "--version") == 0) {
		printf("osmem %s\n", OSMEM_VERSION);
		return CLI_OK;
	}
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return help(argc - 2, argv + 2);
	if (strcmp(name, "completion") == 0)
		return completion(argc - 2, argv + 2);
	const struct cli_command *command = cli_find(name);
	return command ? run(command, argc - 1, argv + 1) : unknown_command(name);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], PEER_OPTION) == 0)
		return peer_main(argc, argv);
	int status = dispatch(argc, argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		cli_complain("standard output: %s", strerror(errno));
		return status == CLI_OK ? CLI_FAILED : status;
	}
	return status;
}
