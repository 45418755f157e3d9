/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What C23, POSIX.1-2024 and the GNU C library's manual promise of malloc and its family, a case each.
 *
 * A case returns if the promise is kept, and ends the program otherwise.
 */
#ifndef TESTS_TRUST_CONTRACT_H
#define TESTS_TRUST_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

struct contract {
	const char *name;
	bool is_sized; /* tried for each of the sizes */
	void (*keep)(size_t n);
};

/* One list a file, each ended by an entry without name. */
extern const struct contract contract_sizes[], contract_errors[], contract_threads[], contract_forks[],
	contract_memory[], contract_calls[], contract_process[];

/* End the program if a condition does not hold: a line on fd 2, exit status 1. */
#define REQUIRE(condition) ((condition) ? (void)0 : require_failed(#condition, __FILE__, __LINE__))
_Noreturn void require_failed(const char *condition, const char *file, int line);
/* End the program: the case cannot run here. */
_Noreturn void cannot_run(const char *why);

/* The family, out of the compiler's sight. */
extern void *(*volatile get)(size_t n);
extern void *(*volatile get_zeroed)(size_t count, size_t n);
extern void *(*volatile change)(void *p, size_t n);
extern void (*volatile give)(void *p);

/* Fill a block with bytes that tell the seed and the place; look whether its first n bytes are those. */
void fill(void *p, size_t n, unsigned seed);
bool is_filled(const void *p, size_t n, unsigned seed);
bool is_zero(const void *p, size_t n);
bool is_aligned(const void *p, size_t align);
/* Do many things at random, and hold the malloc to it; for threads. */
void work_at_random(unsigned seed, unsigned steps);
/* Run a function in a child process; its exit status, or -1 if a signal ended it. */
int in_child(void (*function)(void));
/* KiB of resident memory, or 0 if the system does not say. */
size_t resident(void);

#endif
