/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signal handlers that free and allocate while their thread does, at each of its instructions: the processor's trap flag
 * calls the handler there, one instruction further each time.
 */
#ifndef TESTS_DROPIN_INTERRUPTED_H
#define TESTS_DROPIN_INTERRUPTED_H

#include <stdbool.h>
#include <sys/types.h>

enum { SIZE = 1800 };

/* A block of SIZE bytes that its holder wrote to: two holders are told apart. NULL: there is no memory. */
char *make(char mark);
/* Free a block; false: it is not as its holder left it. */
bool drop(char *p, char mark);

/* A block that is the handler's. */
extern char *volatile handlers;
/* The handler has not come yet, if that is above 0. */
extern volatile long steps_left;
/* Cleared by whoever finds something lost. */
extern volatile bool is_good;

/* The instructions from here to trace_end() are looked at, until the handler has come. */
void trace_begin(void);
void trace_end(void);

/* Run a thread again and again, each time with a handler some steps later, until it comes too late: not more than `stride`
 * steps, if that does not take too long. Steps are instructions that are traced `where` the handler may come: the fast paths
 * are not guarded. Each time all must be as before. Where there is no trap flag the test is skipped. slow=1 takes shorter
 * strides. */
void at_steps(void *(*thread_of)(void *), bool (*where)(void), long stride);

/* A child's status; 1 if there was no fork. Signals do not end the waiting. */
int wait_for(pid_t pid);

/* For main(): run tests in a process in which freed blocks do not wait, and at level 2 others in one in which they do. */
int with_and_without_waiting(char **argv, int (*without)(void), int (*with)(void));

#endif
