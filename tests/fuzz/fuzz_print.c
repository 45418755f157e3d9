/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formats of all that osm_snprintf knows, with any numbers: what it prints is what the C library prints.
 */
#include "tests/fuzz/fuzz.h"

#include <osmem/print.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

enum { ROOM = 400 };

static char mine[ROOM], theirs[ROOM];

static void require_same(int a, int b, size_t n, const char *format)
{
	if (a == b && (n == 0 || strcmp(mine, theirs) == 0))
		return;
	fprintf(stderr, "%s: %d \"%s\", but the C library: %d \"%s\"\n", format, a, n ? mine : "", b, n ? theirs : "");
	abort();
}

#define BOTH(value) require_same(osm_snprintf(mine, n, format, value), snprintf(theirs, n, format, value), n, format)

static void print_number(const char *format, size_t n, uint8_t length, uint64_t number)
{
	switch (length) {
	case 0:
	case 1:
	case 2: /* hh and h take an int too */
		BOTH((int)number);
		break;
	case 3:
		BOTH((long)number);
		break;
	default:
		BOTH((long long)number);
	}
}

static void print_one(struct fuzz_input *input)
{
	static const char conversions[] = "diuxXocs%p";
	static const char *const lengths[] = {"", "hh", "h", "l", "ll"};
	char conversion = conversions[fuzz_byte(input) % (sizeof conversions - 1)], format[100], text[20];
	bool is_number = strchr("diuxXo", conversion) != NULL;
	uint8_t flags = fuzz_byte(input), length = is_number ? fuzz_byte(input) % 5 : 0;
	size_t n = fuzz_byte(input) % 2 ? sizeof mine : fuzz_byte(input) % 50, at = 0;
	uint64_t number = 0;

	for (int i = 0; i < 3; i++)
		format[at++] = (char)('a' + fuzz_byte(input) % 26);
	format[at++] = '%';
	if (conversion == '%')
		flags = 0;
	for (int i = 0; i < 5; i++)
		/* C leaves open what # and 0 do to a conversion that is no number, and signs to one without */
		if ((flags >> i & 1) && (i == 0 || (is_number && (i < 3    ? strchr("di", conversion) != NULL
		                                                  : i == 3 ? strchr("xXo", conversion) != NULL
		                                                           : true))))
			format[at++] = "-+ #0"[i];
	if (flags & 32)
		at += (size_t)snprintf(format + at, 10, "%d", fuzz_byte(input));
	if ((flags & 64) && conversion != 'c' && conversion != 'p' && conversion != '%')
		at += (size_t)snprintf(format + at, 10, ".%d", fuzz_byte(input) % 100);
	snprintf(format + at, sizeof format - at, "%s%c!", lengths[length], conversion);
	for (int i = 0; i < 8; i++)
		number = number << 8 | fuzz_byte(input);
	if (flags & 128)
		number = (uint64_t)(int8_t)number;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i + 1 < sizeof text ? (char)fuzz_byte(input) : '\0';
	memset(mine, 0, sizeof mine);
	memset(theirs, 0, sizeof theirs);
	if (is_number)
		print_number(format, n, length, number);
	else if (conversion == 's')
		BOTH(text);
	else if (conversion == 'p')
		BOTH((void *)(uintptr_t)number);
	else
		BOTH((int)(number % 255 + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz_input input = {bytes, n};

	while (input.left > 0)
		print_one(&input);
	return 0;
}
