/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file cli.h
 * @brief What the commands of `osmem` share: a table of options, from which parsing, help, man pages and completions come;
 * exit statuses; messages; interruption.
 *
 * A command is one file, NAME.c, which exports `command_NAME`, and a line in commands.def.
 */
#ifndef OSMEM_TOOLS_OSMEM_CLI_H
#define OSMEM_TOOLS_OSMEM_CLI_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmem/trace.h>

/** @brief Exit statuses. */
enum cli_status {
	CLI_OK = 0,           /**< All went well. */
	CLI_FOUND = 1,        /**< The answer is no: a check found something, a heap failed a replay. */
	CLI_USAGE = 2,        /**< A wrong option or operand. */
	CLI_BAD_TRACE = 3,    /**< A trace cannot be read. */
	CLI_FAILED = 4,       /**< Something else went wrong: no memory, no room, a program that is missing. */
	CLI_INTERRUPTED = 130 /**< Ctrl-C. */
};

/** @brief What an option's value is. */
enum cli_kind {
	CLI_SWITCH, /**< None: `target` is a bool, set to true. */
	CLI_TEXT,   /**< Any text: `target` is a const char *. */
	CLI_FILE,   /**< A file's name: as CLI_TEXT, and completed as a file. */
	CLI_NUMBER, /**< A whole number, at most UINT64_MAX: `target` is a uint64_t. */
	CLI_BYTES,  /**< As CLI_NUMBER, and K, M or G may stand behind it: times 1024, ... */
	CLI_CHOICE  /**< One of `choices`: `target` is an int, set to its place among them. */
};

/** @brief One option. A table of them ends with one without a name. */
struct cli_option {
	const char *name;           /**< The long name, without dashes. */
	char letter;                /**< The short name, or 0. */
	enum cli_kind kind;         /**< What its value is. */
	const char *argument;       /**< How help calls the value, e.g. "FILE"; NULL for a switch. */
	const char *help;           /**< What it does: a sentence without full stop, its default in brackets. */
	void *target;               /**< Where the value goes: see `kind`. Untouched if the option is not given. */
	const char *const *choices; /**< Of CLI_CHOICE: the values, NULL at the end. */
};

/** @brief One command. */
struct cli_command {
	const char *name;                          /**< As it is called. */
	const char *summary;                       /**< What it does, in a few words without full stop. */
	const char *synopsis;                      /**< What stands behind the options, e.g. "FILE..."; "" for nothing. */
	const char *description;                   /**< Paragraphs, parted by an empty line. */
	const struct cli_option *options;          /**< Its options. */
	const char *examples;                      /**< Lines, each a command; NULL: none. */
	const char *statuses;                      /**< Exit statuses of its own: paragraphs; NULL: none. */
	size_t operands_min;                       /**< How many operands it takes at least, ... */
	size_t operands_max;                       /**< ... and at most. */
	bool options_end;                          /**< What stands behind the first operand is no option. */
	int (*run)(size_t count, char **operands); /**< Do it, options filled in; returns an exit status. */
};

/** @brief Every command, by name; NULL at the end. */
extern const struct cli_command *const cli_commands[];

/**
 * @brief Look a command up.
 * @param name its name
 * @return it, or NULL
 */
const struct cli_command *cli_find(const char *name);

/**
 * @brief Read a command's options into their targets; --help is answered here. What is wrong is told on stderr.
 * @param command  the command
 * @param argc     how many arguments, ...
 * @param argv     ... without the command's name; operands are moved to the front
 * @param operands filled in: how many operands there are
 * @return CLI_OK: go on; otherwise, and after --help with `operands` SIZE_MAX, end with that status
 */
int cli_parse(const struct cli_command *command, int argc, char **argv, size_t *operands);

/**
 * @brief Of names the one that is most like a misspelt one.
 * @param wrong the misspelt one
 * @param names the names, NULL at the end
 * @return one of them, or NULL if none is like it
 */
const char *cli_nearest(const char *wrong, const char *const *names);

/**
 * @brief Say on stderr what is wrong, after "osmem COMMAND: ", on a line of its own: see @ref text_put_line. After Ctrl-C
 * nothing is said: what it interrupts fails.
 * @param format as of printf
 */
__attribute__((format(printf, 1, 2))) void cli_complain(const char *format, ...);

/**
 * @brief Say on stderr what is wrong with a trace: FILE:LINE: REASON, or FILE: byte N: REASON.
 * @param path  the file
 * @param error what is wrong
 * @return CLI_BAD_TRACE
 */
int cli_bad_trace(const char *path, const struct osm_trace_error *error);

/** @brief Ctrl-C was pressed: clean up and end with CLI_INTERRUPTED. The second one ends the program at once. */
extern volatile sig_atomic_t cli_interrupted;

/** @brief Say on stderr that it was. @return CLI_INTERRUPTED */
int cli_tell_interrupted(void);

/**
 * @brief To be called now and then while a trace is read: shows on a terminal how far it is.
 * @param job    what is done, e.g. the file's name
 * @param stage  which part of it; static text
 * @param reader the trace
 */
void cli_progress(const char *job, const char *stage, const struct osm_trace_reader *reader);

/** @brief Print a page of help. @param command which command's; NULL: the tool's */
void cli_help(const struct cli_command *command);

/** @brief Print a man page as troff. @param command which command's; NULL: the tool's */
void cli_man(const struct cli_command *command);

/** @brief Print completions for a shell. @param shell bash, zsh or fish @return false: there are none for it */
bool cli_completion(const char *shell);

#endif
