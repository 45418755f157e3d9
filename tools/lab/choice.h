/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file choice.h
 * @brief Options that say which heap: names and numbers into a setup, with messages on stderr for those that make no sense.
 */
#ifndef OSMEM_TOOLS_LAB_CHOICE_H
#define OSMEM_TOOLS_LAB_CHOICE_H

#include "tools/lab/stage.h"

/** @brief What was said on the command line. NULL: nothing. */
struct choice {
	const char *policy;  /**< A policy's name. */
	const char *layout;  /**< A layout's. */
	const char *backend; /**< A backend's. */
	const char *granule; /**< Bytes. */
	const char *map;     /**< Bytes from which on blocks are mapped, or "never". */
};

/** @brief The policy, layout and backend where none is named. */
#define CHOICE_POLICY "best-fit"
#define CHOICE_LAYOUT "tag"
#define CHOICE_BACKEND "mmap"

/**
 * @brief Make a setup of what was said.
 * @param choice what was said; `policy` may be NULL
 * @param setup  filled in; its policy is the named one, or that of @ref CHOICE_POLICY
 * @return false if something makes no sense: a message on stderr names it and what there is
 */
bool choice_setup(const struct choice *choice, struct setup *setup);

/**
 * @brief Read a number of bytes: digits, and K, M or G behind them for powers of 1024.
 * @param text  the text
 * @param bytes written
 * @return false if it is none
 */
bool choice_bytes(const char *text, size_t *bytes);

#endif
