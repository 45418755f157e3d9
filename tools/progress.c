/* SPDX-License-Identifier: BSD-3-Clause */
/* One line on the terminal: see progress.h. */
#define _GNU_SOURCE /* clock_gettime, isatty */

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tools/progress.h"
#include "tools/text.h"

#define SHOWN_EVERY_MS 50

static const char *shown_stage; /* NULL: the line is not there */
static long long shown_ms;

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_show(const char *job, const char *stage, size_t done, size_t total)
{
	long long ms = now_ms();

	if ((stage == shown_stage && ms - shown_ms < SHOWN_EVERY_MS) || !isatty(STDERR_FILENO))
		return;
	shown_ms = ms;
	shown_stage = stage;
	fputs("\r\033[K", stderr);
	text_put_line(stderr, job);
	fprintf(stderr, ": %s %d%%", stage, (int)(100 * (double)done / (double)total));
	fflush(stderr);
}

void progress_clear(void)
{
	if (shown_stage) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	shown_stage = NULL;
}
