/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file print.h
 * @brief Printing without the heap: never allocates, takes no lock, safe in a signal handler; errno is kept.
 *
 * The formats are C11's (7.21.6.1): conversions `d i u x X o c s p %`, flags `- + space # 0`, width and precision as
 * numbers or `*`, lengths `hh h l ll z t j`. There is no floating point. A conversion that is none of these is printed
 * as it stands. A NULL string prints as "(null)", a NULL pointer as "(nil)", as glibc does.
 */
#ifndef OSMEM_PRINT_H
#define OSMEM_PRINT_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @brief Print into memory, as C11's snprintf.
 * @param buffer at least n bytes; may be NULL if n is 0
 * @param n      bytes of the buffer; the result is cut to n - 1 and always ended by a zero byte unless n is 0
 * @param format see above
 * @return characters that the whole result has, without the zero byte; -1 if that is more than INT_MAX
 *
 * @snippet reference.c osm_snprintf
 */
int osm_snprintf(char *buffer, size_t n, const char *format, ...) __attribute__((format(printf, 3, 4)));

/**
 * @brief As osm_snprintf, with the arguments in a list.
 * @param buffer    see osm_snprintf
 * @param n         see osm_snprintf
 * @param format    see above
 * @param arguments for the conversions
 * @return see osm_snprintf
 *
 * @snippet reference.c osm_vsnprintf
 */
int osm_vsnprintf(char *buffer, size_t n, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

/**
 * @brief Print to a file descriptor, through a buffer of its own on the stack, without a limit of length.
 * @param fd     where to; an interrupted or partial write is continued
 * @param format see above
 * @return characters written, or -1 if a write failed
 *
 * @snippet reference.c osm_dprintf
 */
int osm_dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * @brief As osm_dprintf, with the arguments in a list.
 * @param fd        see osm_dprintf
 * @param format    see above
 * @param arguments for the conversions
 * @return see osm_dprintf
 *
 * @snippet reference.c osm_vdprintf
 */
int osm_vdprintf(int fd, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

/**
 * @brief Print to the standard output, fd 1; nothing is buffered between calls.
 * @param format see above
 * @return characters written, or -1 if a write failed
 *
 * @snippet reference.c osm_printf
 */
int osm_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
