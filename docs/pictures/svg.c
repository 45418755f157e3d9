/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SVG, as little of it as the pictures need.
 */
#include "svg.h"

#include "docs/give_up.h"

#include <stdarg.h>
#include <string.h>

#define LETTER 6.6

static const char *const styles[] = {
	[SVG_LIVE] = "fill='#3b82f6' fill-opacity='.34' stroke='currentColor'",
	[SVG_FRESH] = "fill='#f59e0b' fill-opacity='.62' stroke='currentColor'",
	[SVG_FREE] = "fill='none' stroke='currentColor' stroke-dasharray='3 2'",
	[SVG_FREED] = "fill='#f59e0b' fill-opacity='.16' stroke='currentColor' stroke-dasharray='3 2'",
	[SVG_HEADER] = "fill='#64748b' fill-opacity='.8' stroke='currentColor'",
	[SVG_NONE] = "fill='none' stroke='currentColor' stroke-opacity='.35'",
};

static const char *const anchors[] = {[SVG_LEFT] = "start", [SVG_MIDDLE] = "middle", [SVG_RIGHT] = "end"};

void svg_begin(struct svg *svg, const char *folder, const char *name, const char *title, double width, double height)
{
	char path[4096];

	if (snprintf(path, sizeof path, "%s/%s.svg", folder, name) >= (int)sizeof path)
		give_up("the folder's name is too long");
	svg->file = fopen(path, "w");
	if (!svg->file)
		give_up("%s cannot be written", path);
	fprintf(svg->file,
	        "<svg class='osm-picture' data-picture='%s' role='img' aria-label='%s' xmlns='http://www.w3.org/2000/svg' "
	        "viewBox='0 0 %.0f %.0f' width='%.0f' height='%.0f' font-family='sans-serif' font-size='12'>\n"
	        "<title>%s</title>\n",
	        name, title, width, height, width, height, title);
}

void svg_end(struct svg *svg)
{
	fputs("</svg>\n", svg->file);
	if (ferror(svg->file) || fclose(svg->file) != 0)
		give_up("a picture could not be written");
}

void svg_box(struct svg *svg, double x, double y, double width, double height, enum svg_fill fill)
{
	fprintf(svg->file, "<rect x='%.2f' y='%.2f' width='%.2f' height='%.2f' %s/>\n", x, y, width, height, styles[fill]);
}

void svg_line(struct svg *svg, double x1, double y1, double x2, double y2)
{
	fprintf(svg->file, "<line x1='%.2f' y1='%.2f' x2='%.2f' y2='%.2f' stroke='currentColor' stroke-opacity='.6'/>\n",
	        x1, y1, x2, y2);
}

void svg_pointer(struct svg *svg, double x, double y)
{
	fprintf(svg->file, "<path d='M%.2f %.2f l5 8 h-10 z' fill='#dc2626' stroke='currentColor' stroke-width='.6'/>\n", x,
	        y);
}

void svg_text(struct svg *svg, double x, double y, enum svg_anchor anchor, const char *format, ...)
{
	va_list arguments;

	fprintf(svg->file, "<text x='%.2f' y='%.2f' text-anchor='%s' fill='currentColor'>", x, y, anchors[anchor]);
	va_start(arguments, format);
	vfprintf(svg->file, format, arguments);
	va_end(arguments);
	fputs("</text>\n", svg->file);
}

double svg_text_width(const char *text)
{
	return LETTER * (double)strlen(text);
}

void svg_legend(struct svg *svg, double x, double y, const enum svg_fill *fills, const char *const *meanings, int count)
{
	for (int i = 0; i < count; i++) {
		svg_box(svg, x, y, 16, 12, fills[i]);
		svg_text(svg, x + 21, y + 10, SVG_LEFT, "%s", meanings[i]);
		x += 21 + svg_text_width(meanings[i]) + 16;
	}
}
