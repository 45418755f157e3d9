/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Draws which calls a call of a program becomes: `calls FOLDER` writes a picture for each scene. A scene is played on a real
 * heap whose policy and backend note what they are asked; the picture shows the notes and nothing else.
 */
#include "docs/calls/record.h"
#include "docs/pictures/svg.h"

/* The columns of a picture: who calls whom. */
static const char *const actors[] = {"program", "heap", "policy", "backend"};
enum { PROGRAM, HEAP, POLICY, BACKEND, ACTORS };

#define COLUMN 205.0
#define LEFT 60.0
#define TOP 24.0
#define ROW 20.0

static struct osm_heap *heap;
static void *block, *other;

struct scene {
	const char *picture, *title, *call;
	void (*before)(void); /* what is there already; NULL: a heap that has served one block */
	void (*play)(void);
	bool refuses; /* the backend does, while the scene is played */
};

/* ---- Before */

static void hole_before(void)
{
	block = osm_heap_alloc(heap, 400);
	other = osm_heap_alloc(heap, 100);
	osm_heap_free(heap, block);
}

static void two_blocks(void)
{
	block = osm_heap_alloc(heap, 400);
	other = osm_heap_alloc(heap, 100);
}

static void hole_behind(void)
{
	block = osm_heap_alloc(heap, 400);
	other = osm_heap_alloc(heap, 400);
	osm_heap_alloc(heap, 100);
	osm_heap_free(heap, other);
}

static void one_block(void)
{
	block = osm_heap_alloc(heap, 400);
}

static void large_block(void)
{
	block = osm_heap_alloc(heap, 40000);
}

static void mapped_block(void)
{
	block = osm_heap_alloc(heap, 200000);
}

/* ---- The calls */

static void call_alloc(void)
{
	osm_heap_alloc(heap, 200);
}

static void call_alloc_large(void)
{
	osm_heap_alloc(heap, 200000);
}

static void call_realloc(void)
{
	osm_heap_realloc(heap, block, 600);
}

static void call_realloc_mapped(void)
{
	osm_heap_realloc(heap, block, 300000);
}

static void call_free(void)
{
	osm_heap_free(heap, block);
}

static void call_free_stranger(void)
{
	osm_heap_free(heap, (char *)other + 16);
}

static void call_check(void)
{
	osm_heap_check(heap, NULL);
}

static void call_destroy(void)
{
	osm_heap_destroy(heap);
	heap = NULL;
}

static const struct scene scenes[] = {
	{"calls_alloc", "alloc: a free block suffices", "osm_heap_alloc(heap, 200)", hole_before, call_alloc, false},
	{"calls_alloc_grow", "alloc: nothing suffices, and the heap pays the policy's price", "osm_heap_alloc(heap, 200)",
     one_block, call_alloc, false},
	{"calls_alloc_refused", "alloc: the backend gives nothing", "osm_heap_alloc(heap, 200)", one_block, call_alloc,
     true},
	{"calls_alloc_mapped", "alloc: a large block is a mapping", "osm_heap_alloc(heap, 200000)", one_block,
     call_alloc_large, false},
	{"calls_realloc", "realloc: it grows where it lies", "osm_heap_realloc(heap, p, 600)", hole_behind, call_realloc,
     false},
	{"calls_realloc_end", "realloc: the last block grows with its region", "osm_heap_realloc(heap, p, 600)", one_block,
     call_realloc, false},
	{"calls_realloc_moved", "realloc: it moves", "osm_heap_realloc(heap, p, 600)", two_blocks, call_realloc, false},
	{"calls_realloc_mapped", "realloc: a mapping", "osm_heap_realloc(heap, p, 300000)", mapped_block,
     call_realloc_mapped, false},
	{"calls_free", "free: a block", "osm_heap_free(heap, p)", two_blocks, call_free, false},
	{"calls_free_end", "free: the end of the heap goes back", "osm_heap_free(heap, p)", large_block, call_free, false},
	{"calls_free_mapped", "free: a mapping", "osm_heap_free(heap, p)", mapped_block, call_free, false},
	{"calls_free_stranger", "free: no live block", "osm_heap_free(heap, p + 16)", two_blocks, call_free_stranger,
     false},
	{"calls_check", "check", "osm_heap_check(heap, &amp;fault)", two_blocks, call_check, false},
	{"calls_destroy", "destroy", "osm_heap_destroy(heap)", mapped_block, call_destroy, false},
};

/* ---- Pictures */

static double middle(int actor)
{
	return LEFT + COLUMN * actor;
}

/* An arrow from one column to another, with what it says above it. */
static void draw_arrow(struct svg *svg, int from, int to, double y, const char *text)
{
	double sign = to > from ? 1 : -1, tip = middle(to) - sign * 2;

	svg_line(svg, middle(from), y, tip, y);
	svg_line(svg, tip, y, tip - sign * 6, y - 3);
	svg_line(svg, tip, y, tip - sign * 6, y + 3);
	svg_text(svg, middle(from) + sign * 8, y - 4, to > from ? SVG_LEFT : SVG_RIGHT, "%s", text);
}

static void draw(const struct scene *scene, const char *folder)
{
	int rows = 1;
	double y = TOP + 2 * ROW;
	struct svg svg;

	for (int i = 0; i < record_count; i++)
		rows += record_steps[i].answer[0] ? 2 : 1;
	svg_begin(&svg, folder, scene->picture, scene->title, middle(BACKEND) + 90, TOP + ROW * (rows + 2));
	for (int actor = PROGRAM; actor < ACTORS; actor++) {
		svg_text(&svg, middle(actor), TOP - 8, SVG_MIDDLE, "%s", actors[actor]);
		svg_line(&svg, middle(actor), TOP, middle(actor), TOP + ROW * (rows + 1.5));
	}
	draw_arrow(&svg, PROGRAM, HEAP, y, scene->call);
	for (int i = 0; i < record_count; i++) {
		const struct record_step *step = &record_steps[i];
		int who = step->who == RECORD_POLICY ? POLICY : BACKEND;

		draw_arrow(&svg, HEAP, who, y += ROW, step->call);
		if (step->answer[0])
			draw_arrow(&svg, who, HEAP, y += ROW, step->answer);
	}
	svg_end(&svg);
}

static void play(const struct scene *scene, const char *folder)
{
	static const struct osm_config config = {.trim_threshold = 32768};

	heap = record_heap("first-fit", "wide", &config);
	osm_heap_alloc(heap, 16);
	scene->before();
	record_begin(scene->refuses);
	scene->play();
	record_end();
	draw(scene, folder);
	if (heap)
		osm_heap_destroy(heap);
}

/* The stranger's free is reported; here the report is nobody's concern. */
static void hush(struct osm_heap *reporting, const char *call, const struct osm_fault *fault)
{
	(void)reporting;
	(void)call;
	(void)fault;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		give_up("usage: calls FOLDER");
	osm_set_error_handler(hush);
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
		play(&scenes[i], argv[1]);
	return 0;
}
