/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file fields.h
 * @brief A text file, plain or gzip, read as lines of fields through a buffer of fixed size.
 *
 * Fields are parted by spaces and tabs. A `#` begins a comment that ends with the line. Lines that are blank without
 * their comment are skipped. Lines and comments may have any length. What is not printable ASCII is kept as `?`, so
 * that a field can be shown in a message.
 */
#ifndef OSMEM_TOOLS_FIELDS_H
#define OSMEM_TOOLS_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>

/** @brief Fields of a line that are kept; more are counted. */
#define FIELDS_MAX 5

/** @brief Bytes of a field that are kept, with the zero byte; a longer one is cut and ends with "...". */
#define FIELD_BYTES 40

/** @brief A file that is being read, and its present line. */
struct fields {
	gzFile file;                         /**< The file. */
	size_t line;                         /**< The present line's number, from 1. */
	size_t count;                        /**< Its fields, perhaps more than are kept. */
	char field[FIELDS_MAX][FIELD_BYTES]; /**< Its first fields. */
	const char *failure;                 /**< Why reading ended before the end of the file, or NULL. */
	size_t line_next;                    /**< The number of the line that is read next. */
	size_t at;                           /**< The next byte of the buffer. */
	size_t end;                          /**< Behind the last byte of the buffer. */
	unsigned char buffer[16384];         /**< Bytes read ahead. */
};

/**
 * @brief Open a file.
 * @param in   filled in
 * @param path which
 * @return false if it cannot be opened: errno tells why
 */
bool fields_open(struct fields *in, const char *path);

/**
 * @brief Go on to the next line that has a field.
 * @param in the file
 * @return false at the end of the file, or with `failure` set if it could not be read so far
 */
bool fields_next(struct fields *in);

/**
 * @brief Close the file.
 * @param in the file
 */
void fields_close(struct fields *in);

#endif
