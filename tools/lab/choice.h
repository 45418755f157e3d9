/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file choice.h
 * @brief Options that say which heap: names and numbers into a setup, with messages on stderr for those that make no
 * sense.
 */
#ifndef OSMEM_TOOLS_LAB_CHOICE_H
#define OSMEM_TOOLS_LAB_CHOICE_H

#include "tools/json.h"
#include "tools/lab/stage.h"

/** @brief What was said on the command line. NULL: nothing. */
struct choice {
	const char *policy;  /**< A policy's name. */
	const char *layout;  /**< A layout's. */
	const char *backend; /**< A backend's. */
	uint64_t granule;    /**< Bytes; 0: nothing. */
	const char *map;     /**< Bytes from which on blocks are mapped, or "never". */
};

/** @brief The policy, layout and backend where none is named. */
#define CHOICE_POLICY "best-fit"
#define CHOICE_LAYOUT "tag"
#define CHOICE_BACKEND "mmap"

/** @brief Lines of a command's table of options: what goes into the choice `to`. */
#define CHOICE_OPTIONS(to)                                                                             \
	{"policy", 'p', CLI_TEXT, "NAME", "The placement policy (" CHOICE_POLICY ")", &(to).policy, NULL}, \
		{"layout",                                                                                     \
	     'l',                                                                                          \
	     CLI_TEXT,                                                                                     \
	     "NAME",                                                                                       \
	     "Where blocks keep size and state (" CHOICE_LAYOUT ", if the policy has it)",                 \
	     &(to).layout,                                                                                 \
	     NULL},                                                                                        \
		CHOICE_MEMORY_OPTIONS(to)

/** @brief The same without policy and layout. */
#define CHOICE_MEMORY_OPTIONS(to)                                                                                   \
	{"backend", 'b', CLI_TEXT, "NAME", "Where memory comes from (" CHOICE_BACKEND ")", &(to).backend, NULL},        \
		{"granule", 'g', CLI_BYTES, "BYTES", "Alignment of payloads (16)", &(to).granule, NULL},                    \
	{                                                                                                               \
		"map-threshold", 'm', CLI_TEXT, "BYTES|never", "From this size on a block has a mapping of its own (128K)", \
			&(to).map, NULL                                                                                         \
	}

/**
 * @brief Make a setup of what was said.
 * @param choice what was said; `policy` may be NULL
 * @param setup  filled in; its policy is the named one, or that of @ref CHOICE_POLICY
 * @return false if something makes no sense: a message on stderr names it and what there is
 */
bool choice_setup(const struct choice *choice, struct setup *setup);

/**
 * @brief Write a setup as the member `heap`.
 * @param json  the writer
 * @param setup the setup
 */
void setup_json(struct json *json, const struct setup *setup);

/**
 * @brief Read a number of bytes: digits, and K, M or G behind them for powers of 1024.
 * @param text  the text
 * @param bytes written
 * @return false if it is none
 */
bool choice_bytes(const char *text, size_t *bytes);

#endif
