/* SPDX-License-Identifier: BSD-3-Clause */
#include "text.h"

#include <stdarg.h>

void text_begin(struct text *text, char *bytes, size_t room)
{
	*text = (struct text){.bytes = bytes, .room = room};
	bytes[0] = '\0';
}

void text_add_char(struct text *text, char c)
{
	if (text->length + 1 >= text->room) {
		text->is_full = true;
		return;
	}
	text->bytes[text->length++] = c;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *piece)
{
	while (*piece)
		text_add_char(text, *piece++);
}

void text_add_number(struct text *text, size_t n)
{
	char digits[24];
	unsigned count = 0;

	do
		digits[count++] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	while (count > 0)
		text_add_char(text, digits[--count]);
}

void text_format(struct text *text, const char *pattern, ...)
{
	va_list arguments;

	va_start(arguments, pattern);
	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			text_add_char(text, *pattern);
			continue;
		}
		pattern++;
		if (*pattern == 's')
			text_add(text, va_arg(arguments, const char *));
		else if (*pattern == 'c')
			text_add_char(text, (char)va_arg(arguments, int));
		else
			text_add_number(text, va_arg(arguments, size_t));
	}
	va_end(arguments);
}

void text_count(struct text *text, size_t n, const char *noun)
{
	text_add_number(text, n);
	text_add_char(text, ' ');
	text_add(text, noun);
	if (n != 1)
		text_add_char(text, 's');
}
