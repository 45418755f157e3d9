/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Draws the documentation's pictures and counts for its tables, all of them on real heaps: `pictures FOLDER`.
 *
 * Streams are in the notation of player.h.
 */
#include "drawings.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One stream for all policies: two holes, a small request, a larger one, a merge, a large one. */
#define STREAM "a160 b32 c96 d32 fa fc e80 f150 fb g300"
#define STEPS_COUNTED 8

/* Two holes of one size, of which the higher is freed last, and then a request for that size. */
#define TIE "a48 b16 c64 d16 e48 f16 fa fe fc g48"

/* For the student's path: see docs/pages/path_*.md, whose links to the explorer have the same programs. */
#define BEST_LOSES "a144 b48 c112 fc fa d96 fb e48 f80 g16 h80"
#define FIRST_LOSES "a112 b112 fa c48 fb d144 e16 fd f16 g144"
#define SCATTER "a96 b16 fa c96 d16 fc e96 f16 fe g96 h16 fg"

static const struct scene path[] = {
	{"path-block", "Two blocks, then one of them is freed", "first-fit", "meta", 16, 512, "a100 b60 fa", false},
	{"path-split", "A free block is cut at its low end, if the rest can be a block", "first-fit", "tag", 16, 256,
     "a124 b12 fa c40 fc d110", false},
	{"path-merge", "A freed block merges with its free neighbours", "first-fit", "tag", 16, 384,
     "a60 b60 c60 d60 fa fc fb", false},
	{"path-slack", "Buddy rounds up to powers of two", "buddy", NULL, 16, 512, "a65 b100 c33 d20", false},
	{"path-comb", "Half is free, and 48 bytes find no place", "first-fit", "bitmap", 16, 256,
     "a32 b32 c32 d32 e32 f32 g32 h32 fa fc fe fg", false},
	{"path-best-loses", "A stream on which best fit needs 384 bytes", "best-fit", "bitmap", 16, 384, BEST_LOSES, true},
	{"path-first-wins", "The same stream on first fit, which needs 320", "first-fit", "bitmap", 16, 384, BEST_LOSES,
     true},
	{"path-first-loses", "A stream on which first fit needs 352 bytes", "first-fit", "bitmap", 16, 384, FIRST_LOSES,
     true},
	{"path-best-wins", "The same stream on best fit, which needs 224", "best-fit", "bitmap", 16, 384, FIRST_LOSES,
     true},
	{"path-scatter", "Next fit leaves the long-lived blocks everywhere", "next-fit", "bitmap", 16, 512, SCATTER, false},
	{"path-gather", "First fit gathers them at the low end", "first-fit", "bitmap", 16, 512, SCATTER, false},
	{"path-grow", "A heap that buys only what is missing", "best-fit", "tag", 16, 512, "a100 b100 fa c50 d200", true},
};

static const struct scene streams[] = {
	{"first-fit", "First fit, step by step", "first-fit", "meta", 8, 1024, STREAM, false},
	{"next-fit", "Next fit, step by step, with its rover", "next-fit", "meta", 8, 1024, STREAM, false},
	{"best-fit", "Best fit, step by step", "best-fit", "meta", 8, 1024, STREAM, false},
	{"buddy", "Binary buddy, step by step", "buddy", NULL, 16, 1024, STREAM, false},
};

static const struct scene corners[] = {
	{"rover-drops", "The rover drops to the start of a merged block", "next-fit", "meta", 8, 512,
     "a64 b64 c64 fa fc d40", false},
	{"best-fit-tie", "Of two blocks of one size the lower", "best-fit", "meta", 16, 512, TIE, false},
	{"best-fit-lifo-tie", "Of two blocks of one size the one freed last", "best-fit-lifo", "meta", 16, 512, TIE, false},
	{"resize", "Resizing in place, and moving", "best-fit", "meta", 8, 640, "a64 b64 c64 fb ra120 ra32 ra200", false},
	{"alignment", "The gap before an aligned block", "first-fit", "meta", 8, 512, "a24 b64@128 c16", false},
	{"buddies-merge", "Buddies merge at once", "buddy", NULL, 16, 512, "a100 b60 c60 fa fb fc", false},
};

static const struct scene layouts[] = {
	{"layout-meta", "The layout meta, word by word", "best-fit", "meta", 8, 280, "a20 b48 c8 fb", false},
	{"layout-tag", "The layout tag, word by word", "best-fit", "tag", 16, 192, "a20 b48 c8 fb", false},
	{"layout-wide", "The layout wide, word by word", "best-fit", "wide", 16, 192, "a20 b48 c8 fb", false},
	{"layout-bitmap", "The layout bitmap: payloads alone", "best-fit", "bitmap", 16, 192, "a20 b48 c8 fb", false},
};

static const struct scene tree = {"buddy-tree", "The buddy tree after the stream", "buddy", NULL, 16, 1024, STREAM,
                                  false};

int main(int argc, char **argv)
{
	if (argc != 2)
		give_up("usage: pictures FOLDER");
	for (size_t i = 0; i < COUNT(streams); i++)
		draw_rows(argv[1], &streams[i]);
	for (size_t i = 0; i < COUNT(path); i++)
		draw_rows(argv[1], &path[i]);
	for (size_t i = 0; i < COUNT(corners); i++)
		draw_rows(argv[1], &corners[i]);
	for (size_t i = 0; i < COUNT(layouts); i++)
		draw_words(argv[1], &layouts[i]);
	draw_tree(argv[1], &tree);
	write_policies(argv[1]);
	write_backends(argv[1]);
	write_sizes(argv[1]);
	write_outcomes(argv[1], streams, COUNT(streams), STEPS_COUNTED);
	write_steps(argv[1]);
	write_classic(argv[1]);
	return 0;
}
