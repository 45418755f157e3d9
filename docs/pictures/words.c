/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A layout word by word: what stands in memory before, in and behind the payloads, read from a heap.
 */
#include "drawings.h"
#include "svg.h"

#include <osmem/block_meta.h>
#include <stdint.h>
#include <string.h>

#define WIDTH 760.0
#define LEFT 60.0
#define BOX 250.0
#define ROW 24.0
#define TOP 10.0
#define WORD sizeof(size_t)

struct sheet {
	struct svg svg;
	const char *memory;
	size_t tag; /* bytes of a boundary tag; 0: the layout has none */
	double y;
	size_t at; /* offset of the next box */
};

static double height_of(size_t bytes)
{
	return bytes > WORD ? 1.6 * ROW : ROW;
}

/* A box of `bytes` with what it holds inside and what that means beside it. */
static void add(struct sheet *sheet, size_t bytes, enum svg_fill fill, const char *holds, const char *means)
{
	double height = height_of(bytes);

	svg_text(&sheet->svg, LEFT - 8, sheet->y + 16, SVG_RIGHT, "%zu", sheet->at);
	svg_box(&sheet->svg, LEFT, sheet->y, BOX, height, fill);
	svg_text(&sheet->svg, LEFT + BOX / 2, sheet->y + height / 2 + 4, SVG_MIDDLE, "%s", holds);
	svg_text(&sheet->svg, LEFT + BOX + 12, sheet->y + height / 2 + 4, SVG_LEFT, "%s", means);
	sheet->y += height;
	sheet->at += bytes;
}

static size_t tag_at(const struct sheet *sheet, size_t offset)
{
	uint32_t half;
	size_t word;

	if (sheet->tag == sizeof half) {
		memcpy(&half, sheet->memory + offset, sizeof half);
		return half;
	}
	memcpy(&word, sheet->memory + offset, sizeof word);
	return word;
}

static void add_payload(struct sheet *sheet, const struct shot_block *b, size_t footer)
{
	char holds[64], means[64];

	snprintf(holds, sizeof holds, "%zu bytes", b->size - footer);
	if (b->free)
		snprintf(means, sizeof means, "free memory");
	else
		snprintf(means, sizeof means, "payload of %c, who asked for %zu", b->slot, b->asked);
	if (b->size > footer)
		add(sheet, b->size - footer, b->free ? SVG_FREE : SVG_LIVE, holds, means);
}

/* The place that a link leads to, in words. */
static const char *link_text(const struct sheet *sheet, const struct block_meta *link, char *text, size_t room)
{
	if (link)
		snprintf(text, room, "the header at %zu", (size_t)((const char *)link - sheet->memory));
	else
		snprintf(text, room, "NULL");
	return text;
}

static void add_meta(struct sheet *sheet, const struct shot_block *b)
{
	struct block_meta meta;
	char text[64];

	memcpy(&meta, sheet->memory + sheet->at, sizeof meta);
	if (sheet->at != b->payload - sizeof meta || meta.size != b->size || (meta.status == STATUS_FREE) != b->free)
		give_up("the layout meta is not what its picture says");
	snprintf(text, sizeof text, "%zu", meta.size);
	add(sheet, 8, SVG_HEADER, text, "size: the payload's bytes");
	snprintf(text, sizeof text, "%d, seal", meta.status);
	add(sheet, 8, SVG_HEADER, text, b->free ? "status: STATUS_FREE; and check" : "status: STATUS_ALLOC; and check");
	add(sheet, 8, SVG_HEADER, link_text(sheet, meta.prev, text, sizeof text), "prev");
	add(sheet, 8, SVG_HEADER, link_text(sheet, meta.next, text, sizeof text), "next");
	add_payload(sheet, b, 0);
}

static void add_tag(struct sheet *sheet, const struct shot_block *b)
{
	size_t width = sheet->tag, tag = tag_at(sheet, b->payload - width), total = tag & ~(size_t)3;
	char text[64];

	if (sheet->at < b->payload - width)
		add(sheet, b->payload - width - sheet->at, SVG_NONE, "not used", "so that the first payload is aligned");
	if (total != b->size + width || (tag & 1) != b->free ||
	    (b->free && tag_at(sheet, b->payload + b->size - width) != total))
		give_up("a layout of boundary tags is not what its picture says");
	snprintf(text, sizeof text, "%zu + %zu", total, tag & 3);
	add(sheet, width, SVG_HEADER, text,
	    tag & 1   ? "tag: total bytes; +1: this block is free"
	    : tag & 2 ? "tag: total bytes; +2: the block before is free"
	              : "tag: total bytes; no flag");
	add_payload(sheet, b, b->free ? width : 0);
	if (b->free) {
		snprintf(text, sizeof text, "%zu", total);
		add(sheet, width, SVG_HEADER, text, "the total again: how the block behind finds this one's start");
	}
}

/* A layout that keeps nothing beside the payloads. */
static void add_bare(struct sheet *sheet, const struct shot_block *b)
{
	if (b->header != 0 || sheet->at != b->payload)
		give_up("the layout bitmap is not what its picture says");
	add_payload(sheet, b, 0);
}

/* The height of all boxes together. */
static double sheet_height(const struct shot *shot, size_t tag)
{
	double height = tag ? 2 * ROW : 0; /* what is not used, and the mark */

	for (size_t i = 0; i < shot->count; i++) {
		const struct shot_block *b = &shot->blocks[i];
		size_t footer = b->free ? tag : 0;

		height += b->size > footer ? height_of(b->size - footer) : 0;
		height += ROW * (double)(tag ? (size_t)1 + b->free : b->header / WORD);
	}
	return height;
}

void draw_words(const char *folder, const struct scene *scene)
{
	bool is_meta = strcmp(scene->layout, "meta") == 0;
	struct player player;
	struct shot shot;
	struct sheet sheet = {.y = TOP};

	sheet.tag = strcmp(scene->layout, "tag") == 0 ? 4 : strcmp(scene->layout, "wide") == 0 ? WORD : 0;
	player_open(&player, policy_for(scene->policy, scene->layout, scene->granule), scene->granule, scene->bytes,
	            scene->grows);
	player_play(&player, scene->steps, steps_in(scene->steps), &shot);
	sheet.memory = player_memory(&player);
	svg_begin(&sheet.svg, folder, scene->name, scene->title, WIDTH, 2 * TOP + sheet_height(&shot, sheet.tag));
	for (size_t i = 0; i < shot.count; i++)
		(sheet.tag ? add_tag : is_meta ? add_meta : add_bare)(&sheet, &shot.blocks[i]);
	if (sheet.tag && tag_at(&sheet, sheet.at) >> 2 == 0)
		add(&sheet, sheet.tag, SVG_HEADER, tag_at(&sheet, sheet.at) & 2 ? "0 + 2" : "0",
		    "the mark: the region ends here");
	svg_end(&sheet.svg);
}
