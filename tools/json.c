/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON, member by member: see json.h. */
#include "tools/json.h"

static void json_string(struct json *json, const char *text)
{
	fputc('"', json->file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(json->file, "\\%c", *text);
		else
			fprintf(json->file, (unsigned char)*text < ' ' ? "\\u%04x" : "%c", (unsigned char)*text);
	}
	fputc('"', json->file);
}

/* The name of the next member, or with NULL the next element of an array. */
static void json_next(struct json *json, const char *name)
{
	if (json->more)
		fputs(", ", json->file);
	json->more = true;
	if (name) {
		json_string(json, name);
		fputs(": ", json->file);
	}
}

void json_open(struct json *json, const char *name, char bracket)
{
	json_next(json, name);
	fputc(bracket, json->file);
	json->more = false;
}

void json_close(struct json *json, char bracket)
{
	fputc(bracket, json->file);
	json->more = true;
}

/* An object that is an element of an array, on a line of its own. */
void json_line(struct json *json)
{
	fputs(json->more ? ",\n  {" : "\n  {", json->file);
	json->more = false;
}

void json_text(struct json *json, const char *name, const char *text)
{
	json_next(json, name);
	if (text)
		json_string(json, text);
	else
		fputs("null", json->file);
}

void json_flag(struct json *json, const char *name, bool flag)
{
	json_next(json, name);
	fputs(flag ? "true" : "false", json->file);
}

void json_number(struct json *json, const char *name, bool known, double number)
{
	json_next(json, name);
	if (known)
		fprintf(json->file, "%.15g", number);
	else
		fputs("null", json->file);
}
