/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file whole.h
 * @brief A file that a tool writes whole or not at all; pipes and devices are written straight to.
 */
#ifndef OSMEM_TOOLS_WHOLE_H
#define OSMEM_TOOLS_WHOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "framework/trace/draft.h"

/** @brief A file that is being written. */
struct whole {
	FILE *out;          /**< Where it is written. */
	struct draft draft; /**< Where that lies. */
};

/**
 * @brief Begin a file.
 * @param file filled in
 * @param path its name
 * @return false: errno tells why, and there is nothing to close
 */
bool whole_open(struct whole *file, const char *path);

/**
 * @brief End a file.
 * @param file      the file
 * @param is_wanted false: throw it away
 * @return false: it is not there, because it is not wanted or could not be written, and then errno tells why
 */
bool whole_close(struct whole *file, bool is_wanted);

#endif
