/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program's own use of the machine, its children that it waited for included.
 */
#define _GNU_SOURCE
#include "tools/bench_malloc/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int measure(const char *out, const char *preload, char **command)
{
	FILE *file = fopen(out, "w");
	double begin = now();
	struct rusage usage;
	int status;
	pid_t pid = file ? fork() : -1;

	if (pid == 0) {
		if (*preload)
			setenv("LD_PRELOAD", preload, 1);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
		perror("measure");
		return 126;
	}
	fprintf(file, "%.6f %.6f %ld\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), now() - begin, usage.ru_maxrss);
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
