/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file report.h
 * @brief What a process that measures tells the one that started it: lines of a key and a value through a pipe.
 *
 *     ops 40580
 *     first-ns 1824377
 *     done libc.so.6
 *
 * The last line begins with `done`, and names the file that malloc came from, or with `failed` and tells why. A report
 * without it is that of a process that died.
 */
#ifndef OSMEM_TOOLS_BENCH_REPORT_H
#define OSMEM_TOOLS_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @brief What is told; times in nanoseconds, if not said otherwise, sizes in bytes. */
enum report_key {
	REPORT_OPS,         /**< Operations done, or needles measured. */
	REPORT_FIRST_NS,    /**< Time of the measured operations together, in the first run. */
	REPORT_WARM_NS,     /**< The same in a warm run. */
	REPORT_WARM_FAULTS, /**< Page faults in these. */
	REPORT_PS,          /**< Time of a needle's allocation, in picoseconds. */
	REPORT_FREE_PS,     /**< Of a needle's free, in picoseconds. */
	REPORT_P999,        /**< Time that one operation in a thousand exceeds. */
	REPORT_WORST,       /**< Time of the slowest operation. */
	REPORT_STEPS,       /**< Search steps of the measured operations together. */
	REPORT_PAYLOAD,     /**< The most payload that was live at a time. */
	REPORT_HEAP,        /**< The most memory that the allocator held. */
	REPORT_HEAP_FINE,   /**< The same of a policy with a granule of SOLO_GRANULE_FINE. */
	REPORT_KEYS         /**< How many keys. */
};

/** @brief A report. All zero: nothing yet. */
struct report {
	bool has[REPORT_KEYS];       /**< Whether a value is there. */
	uint64_t value[REPORT_KEYS]; /**< The values. */
	bool done;                   /**< True: the process did what it was to do. */
	char text[160];              /**< Done: where malloc came from; else why not, without full stop. */
};

/**
 * @brief Enter a value.
 * @param report the report
 * @param key    which
 * @param value  what
 */
void report_set(struct report *report, enum report_key key, uint64_t value);

/**
 * @brief Enter that and why something failed.
 * @param report the report
 * @param format as printf's
 */
__attribute__((format(printf, 2, 3))) void report_fail(struct report *report, const char *format, ...);

/**
 * @brief Write a report.
 * @param report the report
 * @param fd     where to
 */
void report_write(const struct report *report, int fd);

/**
 * @brief Read a report.
 * @param report filled in
 * @param text   what was written; changed
 */
void report_parse(struct report *report, char *text);

#endif
