/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kinds of pictures and tables. Each is a file in a folder that exists.
 */
#ifndef DOCS_PICTURES_DRAWINGS_H
#define DOCS_PICTURES_DRAWINGS_H

#include "player.h"

/* A heap to play on and what to play. */
struct scene {
	const char *name; /* of the file */
	const char *title;
	const char *policy;
	const char *layout; /* NULL: the first that the policy has */
	size_t granule;
	size_t bytes;
	const char *steps;
	bool grows; /* the heap buys only what is missing, up to `bytes`; else all at once */
};

/* The blocks after each step, a row each. */
void draw_rows(const char *folder, const struct scene *scene);

/* The blocks after the last step as a tree: a row for each order. For buddy. */
void draw_tree(const char *folder, const struct scene *scene);

/* The words of memory after the last step. For the layouts meta and tag. */
void draw_words(const char *folder, const struct scene *scene);

/* Tables of all policies, of all backends, and of what requests of some sizes get. */
void write_policies(const char *folder);
void write_backends(const char *folder);
void write_sizes(const char *folder);

/* What the first `steps` steps leave behind, a row for each scene. */
void write_outcomes(const char *folder, const struct scene *scenes, size_t count, unsigned steps);

/* How much the policies search among many free blocks, with an index and without. */
void write_steps(const char *folder);

/* The backend calls under a few calls of the classic profile. */
void write_classic(const char *folder);

#endif
