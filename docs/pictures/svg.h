/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes SVG pictures that a page shows inline.
 *
 * Lines and letters have the colour of the text around the picture, and fills are middle tones that let the page shine
 * through: so one file is readable on light and on dark pages.
 */
#ifndef DOCS_PICTURES_SVG_H
#define DOCS_PICTURES_SVG_H

#include <stdio.h>

enum svg_fill { SVG_LIVE, SVG_FRESH, SVG_FREE, SVG_FREED, SVG_HEADER, SVG_NONE };

enum svg_anchor { SVG_LEFT, SVG_MIDDLE, SVG_RIGHT };

struct svg {
	FILE *file;
};

/* Begins FOLDER/NAME.svg. Title and description are for people who cannot see it. */
void svg_begin(struct svg *svg, const char *folder, const char *name, const char *title, double width, double height);
void svg_end(struct svg *svg);

void svg_box(struct svg *svg, double x, double y, double width, double height, enum svg_fill fill);
void svg_line(struct svg *svg, double x1, double y1, double x2, double y2);
/* A triangle that points up at (x, y). */
void svg_pointer(struct svg *svg, double x, double y);
void svg_text(struct svg *svg, double x, double y, enum svg_anchor anchor, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* A row of boxes with what they mean. */
void svg_legend(struct svg *svg, double x, double y, const enum svg_fill *fills, const char *const *meanings,
                int count);

/* The width of a text, more or less. */
double svg_text_width(const char *text);

#endif
