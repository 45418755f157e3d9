/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks for programs that run on the drop-in: nothing here allocates, so that a broken allocator can still be told of.
 */
#ifndef OSMEM_TESTS_DROPIN_CHECK_H
#define OSMEM_TESTS_DROPIN_CHECK_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int check_failures;

static inline void check_that(int holds, const char *text, int line)
{
	char message[256];
	int n;

	if (holds)
		return;
	__atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED);
	n = snprintf(message, sizeof message, "line %d: not so: %s\n", line, text);
	if (write(1, message, (size_t)n) < 0)
		_exit(3);
}

#define CHECK(what) check_that(!!(what), #what, __LINE__)
/* What should not have been come to. */
#define FAIL(what) check_that(0, what, __LINE__)

/* What main returns. */
static inline int check_result(void)
{
	return check_failures != 0;
}

#endif
