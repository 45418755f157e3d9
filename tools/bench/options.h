/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file options.h
 * @brief What a person can choose on the command line.
 */
#ifndef OSMEM_TOOLS_BENCH_OPTIONS_H
#define OSMEM_TOOLS_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/** @brief Most times that an option can be given. */
#define CHOICES_MAX 64

/** @brief The values of an option that can be given several times. All zero: not given. */
struct choices {
	const char *value[CHOICES_MAX]; /**< The values. */
	size_t count;                   /**< How many. */
};

/** @brief The options. */
struct options {
	struct choices traces;   /**< Files; none: the project's own traces. */
	struct choices policies; /**< Names of policies; none: all. */
	struct choices layouts;  /**< Names of layouts; none: all. */
	struct choices peers;    /**< Names of peers, or "none"; none: all. */
	struct choices loads;    /**< Kinds of loads; none: all. */
	const char *json;        /**< Where to write results for programs, or NULL. */
	bool quick;              /**< In less time. */
	bool list;               /**< Tell what there is, and end. */
	bool help;               /**< Tell how to use the program, and end. */
};

/** @brief How to use the program. */
extern const char options_usage[];

/**
 * @brief Read the command line.
 * @param options filled in
 * @param argc    how many arguments
 * @param argv    as main's
 * @return false if it makes no sense; a message was printed
 */
bool options_parse(struct options *options, int argc, char *argv[]);

/**
 * @brief Is a name chosen?
 * @param choices the values of an option
 * @param name    a name
 * @return true if the name is among them, or if there are none
 */
bool options_chosen(const struct choices *choices, const char *name);

#endif
