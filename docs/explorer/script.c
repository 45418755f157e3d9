/* SPDX-License-Identifier: BSD-3-Clause */
#include "script.h"

#include <stdint.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Is this word at the cursor? Then go behind it. */
static bool take_word(const char **cursor, const char *word)
{
	const char *at = *cursor;

	while (*word && *at == *word) {
		at++;
		word++;
	}
	if (*word || (*at && !is_blank(*at)))
		return false;
	*cursor = at;
	return true;
}

/* A small letter, up to two capitals: numbers to the base 27, in which 0 is no letter. */
static bool take_name(const char **cursor, unsigned *name)
{
	const char *at = *cursor;

	if (!is_small(*at))
		return false;
	*name = (unsigned)(*at++ - 'a') * 27 * 27;
	if (is_capital(*at))
		*name += (unsigned)(*at++ - 'A' + 1) * 27;
	if (*name % (27 * 27) && is_capital(*at))
		*name += (unsigned)(*at++ - 'A' + 1);
	*cursor = at;
	return true;
}

static bool take_number(const char **cursor, size_t *n)
{
	const char *at = *cursor;

	for (*n = 0; is_digit(*at); at++) {
		if (*n > (UINT32_MAX - 9) / 10)
			return false;
		*n = *n * 10 + (size_t)(*at - '0');
	}
	if (at == *cursor)
		return false;
	*cursor = at;
	return true;
}

/* A word that begins with a name or with one of the letters c, r and f before a name. */
static bool take_operation(const char **cursor, struct script_op *op)
{
	const char *at = *cursor;

	*op = (struct script_op){SCRIPT_ALLOC, 0, 0, 1};
	if (*at == 'f' && is_small(at[1]))
		op->call = SCRIPT_FREE;
	else if (*at == 'r' && is_small(at[1]))
		op->call = SCRIPT_RESIZE;
	else if (*at == 'c' && is_small(at[1]))
		op->call = SCRIPT_CALLOC;
	at += op->call != SCRIPT_ALLOC;
	if (!take_name(&at, &op->name))
		return false;
	if (op->call != SCRIPT_FREE && !take_number(&at, &op->n))
		return false;
	if (op->call == SCRIPT_ALLOC && *at == '@') {
		at++;
		if (!take_number(&at, &op->align) || op->align == 0 || (op->align & (op->align - 1)) != 0)
			return false;
	}
	if (*at && !is_blank(*at))
		return false;
	*cursor = at;
	return true;
}

bool script_next(const char **cursor, struct script_op *op)
{
	while (is_blank(**cursor))
		(*cursor)++;
	*op = (struct script_op){0};
	if (take_word(cursor, "refuse")) {
		op->call = SCRIPT_REFUSE;
		return true;
	}
	if (take_word(cursor, "serve")) {
		op->call = SCRIPT_SERVE;
		return true;
	}
	return **cursor && take_operation(cursor, op);
}

void script_name(unsigned name, char text[4])
{
	unsigned second = name / 27 % 27, third = name % 27;

	text[0] = (char)('a' + name / (27 * 27));
	text[1] = second ? (char)('A' + second - 1) : '\0';
	text[2] = third ? (char)('A' + third - 1) : '\0';
	text[3] = '\0';
}
