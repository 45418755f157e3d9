/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading scripts, drawing heaps.
 */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_slot(char c)
{
	return c >= 'a' && c <= 'z';
}

/* A letter before a slot's letter is a verb: "fa" frees slot a, "f100" fills slot f. */
static enum script_call take_call(const char **at)
{
	char c = **at;

	if (c == '+' || c == '|' || (is_slot(c) && is_slot((*at)[1])))
		++*at;
	else
		return SCRIPT_ALLOC;
	switch (c) {
	case '+':
		return SCRIPT_GROW;
	case '|':
		return SCRIPT_REGION;
	case 'c':
		return SCRIPT_CALLOC;
	case 'r':
		return SCRIPT_RESIZE;
	case 's':
		return SCRIPT_SLIDE;
	case 'f':
		return SCRIPT_FREE;
	default:
		fprintf(stderr, "script: no such verb: %s\n", *at - 1);
		abort();
	}
}

static size_t take_number(const char **at)
{
	char *end;
	size_t n = strtoul(*at, &end, 10);

	if (end == *at) {
		fprintf(stderr, "script: a number is missing: %s\n", *at);
		abort();
	}
	*at = end;
	return n;
}

bool script_next(const char **cursor, struct script_op *op)
{
	const char *at = *cursor + strspn(*cursor, " ");

	if (*at == '\0')
		return false;
	memset(op, 0, sizeof *op);
	op->align = 1;
	op->call = take_call(&at);
	if (op->call != SCRIPT_GROW && op->call != SCRIPT_REGION)
		op->slot = (unsigned)(*at++ - 'a');
	if (op->slot >= SCRIPT_SLOTS) {
		fprintf(stderr, "script: no such slot: %s\n", at - 1);
		abort();
	}
	if (op->call != SCRIPT_FREE)
		op->n = take_number(&at);
	if (*at == '@') {
		at++;
		op->align = take_number(&at);
	}
	*cursor = at;
	return true;
}

static void add(struct picture *picture, const char *piece)
{
	size_t n = strlen(piece);

	if (picture->length + n + 2 > sizeof picture->text)
		return;
	if (picture->length > 0)
		picture->text[picture->length++] = ' ';
	memcpy(picture->text + picture->length, piece, n + 1);
	picture->length += n;
}

void picture_add(struct picture *picture, char kind, size_t n)
{
	char piece[32];

	snprintf(piece, sizeof piece, "%c%zu", kind, n);
	add(picture, piece);
}

void picture_bar(struct picture *picture)
{
	add(picture, "|");
}
