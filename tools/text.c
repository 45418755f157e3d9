/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people read them, and text for markup: see text.h. */
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

/* After the Unicode standard, table 3-7: the byte behind
 * the first is what keeps out characters that are longer than they must be, halves of pairs, and what is beyond the last. */
size_t text_character(const char *characters)
{
	const unsigned char *text = (const unsigned char *)characters;
	size_t n = *text < 0x80 ? 1 : *text < 0xc2 ? 0 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : *text < 0xf5 ? 4 : 0;
	unsigned char least = *text == 0xe0 ? 0xa0 : *text == 0xf0 ? 0x90 : 0x80;
	unsigned char most = *text == 0xed ? 0x9f : *text == 0xf4 ? 0x8f : 0xbf;

	if (n > 1 && (text[1] < least || text[1] > most))
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* As text_character; 0 also for a control character: those below the blank, DEL, and U+0080 to U+009F. */
static size_t printable_bytes(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	bool is_control = *bytes < ' ' || *bytes == 0x7f || (*bytes == 0xc2 && bytes[1] < 0xa0);

	return is_control ? 0 : text_character(text);
}

void text_put_line(FILE *out, const char *text)
{
	while (*text) {
		size_t n = printable_bytes(text);

		if (n > 0)
			fwrite(text, 1, n, out);
		else
			fputc('?', out);
		text += n ? n : 1;
	}
}

void text_put_markup(FILE *out, const char *text)
{
	while (*text) {
		size_t n = printable_bytes(text);

		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else if (n == 0)
			fputc('?', out);
		else
			fwrite(text, 1, n, out);
		text += n ? n : 1;
	}
}
