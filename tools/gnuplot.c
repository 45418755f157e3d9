/* SPDX-License-Identifier: BSD-3-Clause */
/* Plots, drawn by gnuplot: see gnuplot.h. */
#define _GNU_SOURCE /* open_memstream, memmem */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/gnuplot.h"

/* Runs gnuplot on two open files; -1: it could not be run. */
static int gnuplot_wait(const char *argument, int in, int out)
{
	int status;
	pid_t process = fork();

	if (process == 0) {
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		if (argument) { /* asked whether it is there: nobody wants to hear otherwise */
			dup2(out, STDERR_FILENO);
		}
		execlp("gnuplot", "gnuplot", argument, (char *)NULL);
		_exit(127);
	}
	if (process < 0)
		return -1;
	while (waitpid(process, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool gnuplot_is_there(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool there = null >= 0 && gnuplot_wait("--version", null, null) == 0;

	if (null >= 0)
		close(null);
	return there;
}

/* All of a file, a zero byte behind it. */
static char *file_read(FILE *file, size_t *length)
{
	char *text = NULL;
	FILE *copy = open_memstream(&text, length);
	char piece[65536];
	size_t n;

	rewind(file);
	while (copy && (n = fread(piece, 1, sizeof piece, file)) > 0)
		fwrite(piece, 1, n, copy);
	if (!copy || fclose(copy) != 0 || ferror(file)) {
		free(text);
		return NULL;
	}
	return text;
}

char *gnuplot_run(const char *script, size_t bytes, size_t *length)
{
	FILE *in = tmpfile(), *out = tmpfile();
	char *text = NULL;

	if (in && out && fwrite(script, 1, bytes, in) == bytes && fflush(in) == 0) {
		rewind(in);
		if (gnuplot_wait(NULL, fileno(in), fileno(out)) == 0)
			text = file_read(out, length);
	}
	if (in)
		fclose(in);
	if (out)
		fclose(out);
	return text;
}

/* What is replaced in gnuplot's output; NAME stands for the plot's name. */
struct change {
	const char *from, *to;
};

static const struct change changes[] = {
	{"'black'", "'currentColor'"},
	{"\"black\"", "\"currentColor\""},
	{"'rgb(  0,   0,   0)'", "'currentColor'"},
	{"\"rgb(  0,   0,   0)\"", "\"currentColor\""},
	{" id='", " id='NAME_"},
	{" id=\"", " id=\"NAME_"},
	{"xlink:href='#", "href='#NAME_"},
	{"xlink:href=\"#", "href=\"#NAME_"},
	{"url(#", "url(#NAME_"},
};

static void put_change(FILE *out, const char *to, const char *name)
{
	const char *mark = strstr(to, "NAME");

	if (mark)
		fprintf(out, "%.*s%s%s", (int)(mark - to), to, name, mark + 4);
	else
		fputs(to, out);
}

static void put_changed(FILE *out, const char *text, const char *end, const char *name)
{
	while (text < end) {
		const struct change *found = NULL;

		for (size_t i = 0; i < sizeof changes / sizeof *changes && !found; i++)
			if (strncmp(text, changes[i].from, strlen(changes[i].from)) == 0)
				found = &changes[i];
		if (found) {
			put_change(out, found->to, name);
			text += strlen(found->from);
		} else {
			fputc(*text++, out);
		}
	}
}

/* What lies in the outer element; its title and description are gnuplot's own. */
static const char *body_of(const char *svg, const char **end)
{
	const char *canvas = strstr(svg, "<g id=\"gnuplot_canvas\">");

	*end = canvas ? strstr(canvas, "</svg>") : NULL;
	return *end ? canvas : NULL;
}

char *gnuplot_svg(const char *name, const char *label, int width, int height, const char *script)
{
	char *whole = NULL, *result = NULL;
	size_t length;
	int n = asprintf(&whole, "set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,12'\n%s", width, height,
	                 script);
	char *svg = n < 0 ? NULL : gnuplot_run(whole, (size_t)n, &length);
	const char *end, *body = svg ? body_of(svg, &end) : NULL;
	FILE *out = body ? open_memstream(&result, &length) : NULL;

	if (out) {
		fprintf(out,
		        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\" "
		        "width=\"%d\" height=\"%d\">\n",
		        label, width, height, width, height);
		put_changed(out, body, end, name);
		fputs("</svg>\n", out);
		if (fclose(out) != 0) {
			free(result);
			result = NULL;
		}
	}
	free(svg);
	if (n >= 0)
		free(whole);
	return result;
}
