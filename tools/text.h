/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file text.h
 * @brief Numbers as people read them, and text as pages and pictures have it.
 */
#ifndef OSMEM_TOOLS_TEXT_H
#define OSMEM_TOOLS_TEXT_H

#include <stdint.h>
#include <stdio.h>

/** @brief A short text, returned by value so that it can stand among the arguments of a printf. */
struct text {
	char s[32]; /**< Ended by a zero byte. */
};

/**
 * @brief A number of bytes with its unit and three digits or so, e.g. "2.69 MiB" or "64 KiB".
 * @param n bytes
 * @return the text
 */
struct text text_bytes(uint64_t n);

/**
 * @brief A number with commas between the thousands, e.g. "40,580".
 * @param n the number
 * @return the text
 */
struct text text_count(uint64_t n);

/**
 * @brief A share in percent with one digit behind the point, e.g. "92.3%"; "-" of nothing.
 * @param part  the part
 * @param whole the whole
 * @return the text
 */
struct text text_share(uint64_t part, uint64_t whole);

/**
 * @brief How many bytes the UTF-8 character has that begins a text.
 * @param text a text that is not empty
 * @return the bytes; 0: no character begins there
 */
size_t text_character(const char *text);

/**
 * @brief Write text that comes from elsewhere, as a file's name or a trace does, within a line for people. What is no
 * UTF-8, and what is a control character, becomes a question mark: it neither ends the line nor steers a terminal.
 * @param out  where to
 * @param text the text
 */
void text_put_line(FILE *out, const char *text);

/**
 * @brief Write text into HTML or XML, as contents or within quotation marks. Characters of markup are escaped; what is no
 * UTF-8, and what is a control character, becomes a question mark.
 * @param out  where to
 * @param text the text, e.g. the name of a file
 */
void text_put_markup(FILE *out, const char *text);

#endif
