/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream step by step: one bar of memory, to scale, for each step.
 */
#include "drawings.h"
#include "svg.h"

#include <string.h>

#define WIDTH 900.0
#define LEFT 140.0 /* where the bars begin */
#define BAR (WIDTH - LEFT - 10)
#define ROW 36.0
#define HIGH 22.0
#define TOP 24.0

struct page {
	struct svg svg;
	double scale; /* pixels a byte */
	bool has_rover;
};

static double place(const struct page *page, size_t offset)
{
	return LEFT + page->scale * (double)offset;
}

static enum svg_fill fill_of(const struct shot_block *b, const struct shot *shot)
{
	if (b->free)
		return SVG_FREE;
	return b->slot == shot->touched ? SVG_FRESH : SVG_LIVE;
}

static void draw_block(struct page *page, const struct shot *shot, const struct shot_block *b, double y)
{
	double x = place(page, b->payload), width = page->scale * (double)b->size;
	char text[48];

	if (b->header)
		svg_box(&page->svg, place(page, b->payload - b->header), y, page->scale * (double)b->header, HIGH, SVG_HEADER);
	svg_box(&page->svg, x, y, width, HIGH, fill_of(b, shot));
	if (b->free)
		snprintf(text, sizeof text, "%zu", b->size);
	else if (b->size == b->asked)
		snprintf(text, sizeof text, "%c %zu", b->slot, b->size);
	else
		snprintf(text, sizeof text, "%c %zu of %zu", b->slot, b->asked, b->size);
	if (!b->free && svg_text_width(text) > width)
		snprintf(text, sizeof text, "%c", b->slot);
	if (svg_text_width(text) <= width)
		svg_text(&page->svg, x + width / 2, y + 15, SVG_MIDDLE, "%s", text);
}

static void draw_shot(struct page *page, const struct shot *shot, unsigned row)
{
	double y = TOP + ROW * row;

	svg_text(&page->svg, 14, y + 15, SVG_LEFT, "%u. %s", row + 1, shot->caption);
	for (size_t i = 0; i < shot->count; i++)
		draw_block(page, shot, &shot->blocks[i], y);
	if (page->has_rover && shot->rover != NO_ROVER)
		svg_pointer(&page->svg, place(page, shot->rover), y + HIGH + 1);
}

static void draw_scale(struct page *page, size_t bytes)
{
	for (size_t offset = 0; offset <= bytes; offset += bytes / 8) {
		enum svg_anchor anchor = SVG_MIDDLE;
		double x = place(page, offset);

		if (offset == 0)
			anchor = SVG_LEFT;
		else if (offset == bytes)
			anchor = SVG_RIGHT;
		svg_line(&page->svg, x, TOP - 8, x, TOP - 3);
		svg_text(&page->svg, x, TOP - 11, anchor, "%zu", offset);
	}
}

void draw_rows(const char *folder, const struct scene *scene)
{
	static const enum svg_fill fills[] = {SVG_FRESH, SVG_LIVE, SVG_FREE, SVG_HEADER};
	static const char *const meanings[] = {"the step's block", "live: asked of usable bytes", "free: bytes", "header"};
	const struct osm_policy *policy = policy_for(scene->policy, scene->layout, scene->granule);
	double bottom = TOP + ROW * steps_in(scene->steps);
	struct page page = {.scale = BAR / (double)scene->bytes, .has_rover = strcmp(scene->policy, "next-fit") == 0};
	const char *cursor = scene->steps;
	struct player player;
	struct script_op step;
	struct shot shot;

	svg_begin(&page.svg, folder, scene->name, scene->title, WIDTH, bottom + 24);
	draw_scale(&page, scene->bytes);
	player_open(&player, policy, scene->granule, scene->bytes, scene->grows);
	for (unsigned row = 0; step_next(&cursor, &step); row++) {
		player_step(&player, &step, &shot);
		draw_shot(&page, &shot, row);
	}
	svg_legend(&page.svg, LEFT, bottom + 4, fills, meanings, shot.blocks[0].header ? 4 : 3);
	if (page.has_rover) {
		svg_pointer(&page.svg, LEFT + 590, bottom + 6);
		svg_text(&page.svg, LEFT + 602, bottom + 14, SVG_LEFT, "the rover");
	}
	svg_end(&page.svg);
}
