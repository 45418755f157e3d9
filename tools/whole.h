/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file whole.h
 * @brief Files that a tool writes whole or not at all; pipes and devices are written straight to.
 */
#ifndef OSMEM_TOOLS_WHOLE_H
#define OSMEM_TOOLS_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "framework/trace/draft.h"

/** @brief A file that is being written. */
struct whole {
	FILE *out;          /**< Where to write. */
	struct draft draft; /**< Where that lies. */
};

/**
 * @brief Begin a file.
 * @param whole filled in; to be ended
 * @param path  its name
 * @return false: errno tells why, and there is nothing to end
 */
bool whole_begin(struct whole *whole, const char *path);

/**
 * @brief Give the file its name, or take it away; what had the name before is as it was then.
 * @param whole   the file
 * @param is_good all was written that was to be
 * @return false if it was not, or if writing failed: errno tells why
 */
bool whole_end(struct whole *whole, bool is_good);

/**
 * @brief Write a file of these bytes.
 * @param path  its name
 * @param bytes what it holds
 * @param count how many
 * @return false: errno tells why
 */
bool whole_write(const char *path, const char *bytes, size_t count);

/**
 * @brief Find out whether a file could be written now, before long work for it. Nothing is written.
 * @param path its name
 * @return false: errno tells why
 */
bool whole_is_possible(const char *path);

#endif
