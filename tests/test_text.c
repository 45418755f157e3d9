/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text as pages and pictures have it.
 */
#define _GNU_SOURCE /* fmemopen */
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/text.h"

static void markup_is(const char *text, const char *expected)
{
	char written[128] = "";
	FILE *out = fmemopen(written, sizeof written - 1, "w");

	assert_non_null(out);
	text_put_markup(out, text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(written, expected);
}

static void line_is(const char *text, const char *expected)
{
	char written[128] = "";
	FILE *out = fmemopen(written, sizeof written - 1, "w");

	assert_non_null(out);
	text_put_line(out, text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(written, expected);
}

static void characters_of_markup_are_escaped(void **state)
{
	(void)state;
	markup_is("", "");
	markup_is("plain text", "plain text");
	markup_is("<a href=\"x&y\">", "&lt;a href=&quot;x&amp;y&quot;&gt;");
}

static void control_characters_are_questions(void **state)
{
	(void)state;
	markup_is("a\tb\nc\x1b[1m\x7f", "a?b?c?[1m?");
	line_is("a\tb\nc\x1b[1m\x7f", "a?b?c?[1m?");
	line_is("\xc2\x9b[1m", "??[1m"); /* one byte or two, it steers a terminal */
	line_is("\x9b[1m\xe9", "?[1m?");
	line_is("<\xc3\xa9\xc2\xa0>", "<\xc3\xa9\xc2\xa0>");
}

/* What is well-formed says table 3-7 of the Unicode standard. */
static void utf8_passes_and_nothing_else(void **state)
{
	(void)state;
	markup_is("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	markup_is("\xe9", "?");                /* Latin-1 */
	markup_is("a\xc3", "a?");              /* cut off */
	markup_is("\xe2\x82<", "??&lt;");      /* cut off, and the mark behind it is a mark */
	markup_is("\x80\xbf", "??");           /* begins with what only follows */
	markup_is("\xc0\xbc", "??");           /* `<`, longer than it must be */
	markup_is("\xf5\x80\x80\x80", "????"); /* beyond the last character */
	markup_is("\xf4\x90\x80\x80", "????");
	markup_is("\xe0\x80\xbc", "???"); /* longer than it must be */
	markup_is("\xf0\x80\x80\xbc", "????");
	markup_is("\xed\xa0\x80", "???"); /* half of a pair */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_of_markup_are_escaped),
		cmocka_unit_test(control_characters_are_questions),
		cmocka_unit_test(utf8_passes_and_nothing_else),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
