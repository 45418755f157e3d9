/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file json.h
 * @brief JSON for programs, written member by member. A name of NULL: an element of an array.
 */
#ifndef OSMEM_TOOLS_JSON_H
#define OSMEM_TOOLS_JSON_H

#include <stdbool.h>
#include <stdio.h>

/** @brief A writer. All zero but for the file: nothing is written yet. */
struct json {
	FILE *file; /**< Where to. */
	bool more;  /**< True: a comma is due before what comes next. */
};

/**
 * @brief Write a string alone, in quotation marks. What is no UTF-8 becomes U+FFFD.
 * @param file where to
 * @param text what
 */
void json_put_string(FILE *file, const char *text);

/**
 * @brief Begin an object or an array.
 * @param json    the writer
 * @param name    the member's
 * @param bracket `{` or `[`
 */
void json_open(struct json *json, const char *name, char bracket);

/**
 * @brief End an object or an array.
 * @param json    the writer
 * @param bracket `}` or `]`
 */
void json_close(struct json *json, char bracket);

/**
 * @brief Begin an object that is an element of an array, on a line of its own.
 * @param json the writer
 */
void json_line(struct json *json);

/**
 * @brief Write a string, as @ref json_put_string does.
 * @param json the writer
 * @param name the member's
 * @param text what; NULL: null
 */
void json_text(struct json *json, const char *name, const char *text);

/**
 * @brief Write true or false.
 * @param json the writer
 * @param name the member's
 * @param flag what
 */
void json_flag(struct json *json, const char *name, bool flag);

/**
 * @brief Write a number.
 * @param json   the writer
 * @param name   the member's
 * @param known  false: null
 * @param number what
 */
void json_number(struct json *json, const char *name, bool known, double number);

#endif
