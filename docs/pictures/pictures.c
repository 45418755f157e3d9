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

static const struct scene streams[] = {
	{"first-fit", "First fit, step by step", "first-fit", "meta", 8, 1024, STREAM},
	{"next-fit", "Next fit, step by step, with its rover", "next-fit", "meta", 8, 1024, STREAM},
	{"best-fit", "Best fit, step by step", "best-fit", "meta", 8, 1024, STREAM},
	{"buddy", "Binary buddy, step by step", "buddy", NULL, 16, 1024, STREAM},
};

static const struct scene corners[] = {
	{"rover-drops", "The rover drops to the start of a merged block", "next-fit", "meta", 8, 512,
     "a64 b64 c64 fa fc d40"},
	{"best-fit-tie", "Of two blocks of one size the lower", "best-fit", "meta", 16, 512, TIE},
	{"best-fit-lifo-tie", "Of two blocks of one size the one freed last", "best-fit-lifo", "meta", 16, 512, TIE},
	{"resize", "Resizing in place, and moving", "best-fit", "meta", 8, 640, "a64 b64 c64 fb ra120 ra32 ra200"},
	{"alignment", "The gap before an aligned block", "first-fit", "meta", 8, 512, "a24 b64@128 c16"},
	{"buddies-merge", "Buddies merge at once", "buddy", NULL, 16, 512, "a100 b60 c60 fa fb fc"},
};

static const struct scene layouts[] = {
	{"layout-meta", "The layout meta, word by word", "best-fit", "meta", 8, 280, "a20 b48 c8 fb"},
	{"layout-tag", "The layout tag, word by word", "best-fit", "tag", 16, 192, "a20 b48 c8 fb"},
	{"layout-wide", "The layout wide, word by word", "best-fit", "wide", 16, 192, "a20 b48 c8 fb"},
	{"layout-bitmap", "The layout bitmap: payloads alone", "best-fit", "bitmap", 16, 192, "a20 b48 c8 fb"},
};

static const struct scene tree = {"buddy-tree", "The buddy tree after the stream", "buddy", NULL, 16, 1024, STREAM};

int main(int argc, char **argv)
{
	if (argc != 2)
		give_up("usage: pictures FOLDER");
	for (size_t i = 0; i < COUNT(streams); i++)
		draw_rows(argv[1], &streams[i]);
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
