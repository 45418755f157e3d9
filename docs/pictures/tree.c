/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The buddy system's tree: a row for each order, with the blocks of that order and those that were split.
 */
#include "drawings.h"
#include "svg.h"

#define WIDTH 900.0
#define LEFT 130.0
#define BAR (WIDTH - LEFT - 10)
#define ROW 34.0
#define HIGH 24.0
#define TOP 8.0

/* The block of exactly this place and size, or NULL. */
static const struct shot_block *block_at(const struct shot *shot, size_t offset, size_t bytes)
{
	for (size_t i = 0; i < shot->count; i++)
		if (shot->blocks[i].payload == offset && shot->blocks[i].size == bytes)
			return &shot->blocks[i];
	return NULL;
}

/* Was the piece of memory at this place and of this size split? Then more than one block lies in it. */
static bool was_split(const struct shot *shot, size_t offset, size_t bytes)
{
	size_t inside = 0;

	for (size_t i = 0; i < shot->count; i++)
		inside += shot->blocks[i].payload >= offset && shot->blocks[i].payload < offset + bytes;
	return inside > 1;
}

static size_t smallest(const struct shot *shot)
{
	size_t least = shot->blocks[0].size;

	for (size_t i = 1; i < shot->count; i++)
		if (shot->blocks[i].size < least)
			least = shot->blocks[i].size;
	return least;
}

static unsigned order_of(size_t bytes)
{
	unsigned order = 0;

	while (bytes >> order > 1)
		order++;
	return order;
}

static void draw_order(struct svg *svg, const struct shot *shot, size_t whole, size_t bytes, double y)
{
	double width = BAR * (double)bytes / (double)whole;

	svg_text(svg, 14, y + 16, SVG_LEFT, "order %u: %zu", order_of(bytes), bytes);
	for (size_t offset = 0; offset < whole; offset += bytes) {
		const struct shot_block *b = block_at(shot, offset, bytes);
		double x = LEFT + BAR * (double)offset / (double)whole;

		if (!b && !was_split(shot, offset, bytes))
			continue;
		svg_box(svg, x, y, width, HIGH, !b ? SVG_NONE : b->free ? SVG_FREE : SVG_LIVE);
		if (!b)
			svg_line(svg, x + width / 2, y + HIGH, x + width / 2, y + ROW);
		if (b && b->slot)
			svg_text(svg, x + width / 2, y + 16, SVG_MIDDLE, "%c", b->slot);
		else if (width > 40)
			svg_text(svg, x + width / 2, y + 16, SVG_MIDDLE, "%s", b ? "free" : "split");
	}
}

void draw_tree(const char *folder, const struct scene *scene)
{
	static const enum svg_fill fills[] = {SVG_NONE, SVG_LIVE, SVG_FREE};
	static const char *const meanings[] = {"split into two buddies", "live", "free"};
	struct player player;
	struct shot shot;
	struct svg svg;
	double y = TOP;
	size_t least;

	player_open(&player, policy_for(scene->policy, scene->layout, scene->granule), scene->granule, scene->bytes,
	            scene->grows);
	player_play(&player, scene->steps, steps_in(scene->steps), &shot);
	least = smallest(&shot);
	svg_begin(&svg, folder, scene->name, scene->title, WIDTH,
	          TOP + ROW * (order_of(scene->bytes) - order_of(least) + 1) + 20);
	for (size_t bytes = scene->bytes; bytes >= least; bytes /= 2) {
		draw_order(&svg, &shot, scene->bytes, bytes, y);
		y += ROW;
	}
	svg_legend(&svg, LEFT, y + 2, fills, meanings, 3);
	svg_end(&svg);
}
