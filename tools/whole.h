/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file whole.h
 * @brief Files that are written whole or not at all: under the name PATH.part until all of it is there. A name that is no
 * regular file's, as a pipe's, a device's or a link's, is not replaced but written to.
 */
#ifndef OSMEM_TOOLS_WHOLE_H
#define OSMEM_TOOLS_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** @brief A file that is being written. */
struct whole {
	FILE *out;        /**< Where to write. */
	const char *path; /**< What it will be called. */
	char *part;       /**< What it is called until then; NULL: PATH is written to. */
};

/**
 * @brief Begin a file.
 * @param whole filled in; to be ended
 * @param path  its name, which has to stay valid until then
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
