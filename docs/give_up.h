/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the programs of the documentation's build end when something is wrong.
 */
#ifndef DOCS_GIVE_UP_H
#define DOCS_GIVE_UP_H

/* Prints a line to stderr and ends the program with 1. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
