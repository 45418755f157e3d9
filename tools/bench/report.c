/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports through a pipe: see report.h. */
#define _GNU_SOURCE /* strtok_r, dprintf */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/report.h"

static const char *const keys[REPORT_KEYS] = {
	[REPORT_OPS] = "ops",         [REPORT_FIRST_NS] = "first-ns",
	[REPORT_WARM_NS] = "warm-ns", [REPORT_WARM_FAULTS] = "faults",
	[REPORT_PS] = "ps",           [REPORT_FREE_PS] = "free-ps",
	[REPORT_P999] = "p999",       [REPORT_WORST] = "worst",
	[REPORT_STEPS] = "steps",     [REPORT_PAYLOAD] = "payload",
	[REPORT_HEAP] = "heap",       [REPORT_HEAP_FINE] = "heap-fine",
};

void report_set(struct report *report, enum report_key key, uint64_t value)
{
	report->has[key] = true;
	report->value[key] = value;
}

void report_fail(struct report *report, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(report->text, sizeof report->text, format, arguments);
	va_end(arguments);
	report->done = false;
}

void report_write(const struct report *report, int fd)
{
	for (size_t key = 0; key < REPORT_KEYS; key++)
		if (report->has[key])
			dprintf(fd, "%s %" PRIu64 "\n", keys[key], report->value[key]);
	dprintf(fd, "%s %s\n", report->done ? "done" : "failed", report->text);
}

void report_parse(struct report *report, char *text)
{
	char *rest = NULL;

	*report = (struct report){.text = "the measuring process ended early"};
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		for (size_t key = 0; key < REPORT_KEYS; key++)
			if (strcmp(line, keys[key]) == 0)
				report_set(report, (enum report_key)key, strtoull(value, NULL, 10));
		report->done |= strcmp(line, "done") == 0;
		if (report->done || strcmp(line, "failed") == 0)
			snprintf(report->text, sizeof report->text, "%s", value);
	}
}
