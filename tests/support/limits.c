/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Limits: see limits.h.
 */
#define _DEFAULT_SOURCE
#include "limits.h"

#include <stdio.h>
#include <unistd.h>

rlim_t limit_set(__rlimit_resource_t resource, rlim_t bytes)
{
	struct rlimit limit;
	rlim_t before;

	assert_int_equal(getrlimit(resource, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(resource, &limit), 0);
	return before;
}

size_t address_space(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%zu", &pages), 1);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

size_t data_bytes(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[200];
	size_t kib = 0;

	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "VmData: %zu", &kib) == 1)
			break;
	fclose(file);
	return kib * 1024;
}
