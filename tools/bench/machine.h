/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file machine.h
 * @brief What the figures were measured on.
 */
#ifndef OSMEM_TOOLS_BENCH_MACHINE_H
#define OSMEM_TOOLS_BENCH_MACHINE_H

#include <stdint.h>

#include "tools/json.h"

/** @brief A machine. */
struct machine {
	char processor[128]; /**< The processor's name. */
	char system[200];    /**< Kernel and its version. */
	char huge_pages[16]; /**< Transparent huge pages: always, madvise or never. */
	long processors;     /**< How many this process may use. */
	uint64_t memory;     /**< Bytes. */
	double load;         /**< Load average of the last minute. */
};

/** @brief The compiler of this program. */
#ifdef __clang__
#define MACHINE_COMPILER __VERSION__
#else
#define MACHINE_COMPILER "gcc " __VERSION__
#endif

/**
 * @brief Ask the system.
 * @param machine filled in; what cannot be found out is "unknown" or 0
 */
void machine_read(struct machine *machine);

/**
 * @brief Let memory of this process, and of each that it starts, run out at about what the machine has available, rather
 * than at the kernel's killer of processes. To be called before traces are replayed: payloads are written to, so that one
 * line of a trace may ask for all there is.
 */
void machine_limit_memory(void);

/**
 * @brief Write what the system says, and the compiler, as the member `machine`.
 * @param json the writer
 */
void machine_json(struct json *json);

#endif
