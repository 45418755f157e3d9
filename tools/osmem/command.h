/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file command.h
 * @brief What the subcommands of osmem share.
 */
#ifndef OSMEM_TOOLS_OSMEM_COMMAND_H
#define OSMEM_TOOLS_OSMEM_COMMAND_H
#include <signal.h>
#include <stdio.h>
enum { COMMAND_OK, COMMAND_WRONG, COMMAND_USAGE, COMMAND_BAD_TRACE, COMMAND_INTERRUPTED = 130 };
extern volatile sig_atomic_t command_stopped;
int command_replay(int argc, char *argv[]);
int command_compare(int argc, char *argv[]);
int command_map(int argc, char *argv[]);
#endif
