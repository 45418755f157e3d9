/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON, member by member: see json.h. */
#include "tools/json.h"
#include "tools/text.h"

void json_put_string(FILE *file, const char *text)
{
	fputc('"', file);
	for (size_t n; *text; text += n ? n : 1) {
		n = text_character(text);
		if (n == 0)
			fputs("\\ufffd", file);
		else if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(file, "\\u%04x", (unsigned)*text);
		else
			fwrite(text, 1, n, file);
	}
	fputc('"', file);
}

/* The name of the next member, or with NULL the next element of an array. */
static void json_next(struct json *json, const char *name)
{
	if (json->more)
		fputs(", ", json->file);
	json->more = true;
	if (name) {
		json_put_string(json->file, name);
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
		json_put_string(json->file, text);
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
