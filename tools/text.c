/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people read them: see text.h. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tools/text.h"

struct text text_bytes(uint64_t n)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)n;
	size_t unit = 0;

	while (value >= 1024) {
		value /= 1024;
		unit++;
	}
	bool whole = value == (double)(uint64_t)value;
	int digits = whole || value >= 100 ? 0 : value >= 10 ? 1 : 2;
	struct text text;
	snprintf(text.s, sizeof text.s, "%.*f %s", digits, value, units[unit]);
	return text;
}

struct text text_count(uint64_t n)
{
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	struct text text;
	size_t at = 0;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text.s[at++] = ',';
		text.s[at++] = digits[i];
	}
	text.s[at] = '\0';
	return text;
}

struct text text_share(uint64_t part, uint64_t whole)
{
	struct text text = {"-"};

	if (whole > 0)
		snprintf(text.s, sizeof text.s, "%.1f%%", 100 * (double)part / (double)whole);
	return text;
}
