/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads of one thread, after the patterns that the literature of allocators measures.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/bench_malloc/load.h"

/* Symbolic algebra: numbers of a few words are born and die in the order of an expression's evaluation. */
static void algebra(unsigned n)
{
	enum { DEPTH = 60000 };
	static void *stack[DEPTH];
	uint64_t seed = 1;
	unsigned top = 0;

	for (unsigned i = 0; i < n * 4000; i++) {
		uint64_t r = load_next(&seed);

		if ((r & 3) != 0 && top < DEPTH) {
			stack[top++] = load_block(16 + (r >> 8) % 5 * 8);
		} else if (top >= 2) { /* two operands become a result */
			void *result = load_block(16 + (r >> 8) % 7 * 8);

			free(stack[--top]);
			free(stack[--top]);
			stack[top++] = result;
		}
		if (top == DEPTH)
			while (top > DEPTH / 2)
				free(stack[--top]);
	}
	while (top)
		free(stack[--top]);
}

/* A logic minimiser: covers, arrays of bit sets, are copied, changed, compared and dropped as a whole. */
static void minimiser(unsigned n)
{
	enum { COVERS = 200, CUBES = 200 };
	static uint64_t *covers[COVERS][CUBES];
	uint64_t seed = 2;

	for (unsigned i = 0; i < n * 15; i++) {
		uint64_t r = load_next(&seed);
		size_t to = r % COVERS, from = (r >> 8) % COVERS, words = 2 + (r >> 16) % 14;

		for (size_t k = 0; k < CUBES; k++) {
			uint64_t *cube = load_block(words * 8);

			memset(cube, (int)k, words * 8);
			if (covers[from][k])
				cube[0] ^= covers[from][k][0];
			free(covers[to][k]);
			covers[to][k] = cube;
		}
	}
	for (size_t to = 0; to < COVERS; to++)
		for (size_t k = 0; k < CUBES; k++)
			free(covers[to][k]);
}

struct node {
	struct node *left, *right;
	uint64_t key;
};

static struct node *node_insert(struct node *root, uint64_t key)
{
	struct node **at = &root;

	while (*at)
		at = key < (*at)->key ? &(*at)->left : &(*at)->right;
	*at = load_block(sizeof **at);
	**at = (struct node){NULL, NULL, key};
	return root;
}

/* Turning at each left child flattens the tree on the way: no stack. */
static void node_free_all(struct node *root)
{
	while (root) {
		struct node *left = root->left, *next;

		if (left) {
			root->left = left->right;
			left->right = root;
			root = left;
			continue;
		}
		next = root->right;
		free(root);
		root = next;
	}
}

/* Search trees are built and dropped. */
static void trees(unsigned n)
{
	uint64_t seed = 3;

	for (unsigned i = 0; i < n; i++) {
		struct node *root = NULL;

		for (unsigned k = 0; k < 50000; k++)
			root = node_insert(root, load_next(&seed));
		node_free_all(root);
	}
}

/* Sizes from a power law, lives of random length. */
static void power_law(unsigned n)
{
	enum { LIVE = 40000 };
	static void *live[LIVE];
	uint64_t seed = 4;

	for (unsigned i = 0; i < n * 2000; i++) {
		size_t k = load_next(&seed) % LIVE;

		free(live[k]);
		live[k] = load_block(load_power_size(&seed, 16, 65536));
	}
	for (size_t k = 0; k < LIVE; k++)
		free(live[k]);
}

/* Buffers grow by appending, some by a little each time, some by half. */
static void growth(unsigned n)
{
	enum { BUFFERS = 16 };
	char *buffer[BUFFERS] = {NULL};
	size_t size[BUFFERS] = {0};
	uint64_t seed = 5;

	for (unsigned i = 0; i < n * 1000; i++) {
		size_t k = load_next(&seed) % BUFFERS, old = size[k];

		size[k] += k % 2 ? 32 : 16 + old / 2;
		if (size[k] > (k % 2 ? (size_t)40000 : (size_t)2000000)) {
			free(buffer[k]);
			buffer[k] = NULL;
			size[k] = 0;
			continue;
		}
		buffer[k] = realloc(buffer[k], size[k]);
		if (!buffer[k])
			exit(1);
		memset(buffer[k] + old, 1, size[k] - old);
	}
	for (size_t k = 0; k < BUFFERS; k++)
		free(buffer[k]);
}

/* Zeroed arrays, small and large; of the large ones a part is used. */
static void zeroed(unsigned n)
{
	enum { LIVE = 64 };
	char *live[LIVE] = {NULL};
	uint64_t seed = 6;

	for (unsigned i = 0; i < n * 300; i++) {
		size_t k = load_next(&seed) % LIVE;
		size_t bytes = k ? load_power_size(&seed, 64, 16384) : 300000 + load_next(&seed) % 700000;

		free(live[k]);
		live[k] = calloc(1, bytes);
		if (!live[k])
			exit(1);
		live[k][bytes / 2] = 1;
	}
	for (size_t k = 0; k < LIVE; k++)
		free(live[k]);
}

/* Images and matrices: a few large blocks, written from end to end and replaced. */
static void large(unsigned n)
{
	enum { LIVE = 6 };
	char *live[LIVE] = {NULL};
	uint64_t seed = 7;

	for (unsigned i = 0; i < n; i++) {
		size_t k = load_next(&seed) % LIVE;
		size_t bytes = 200000 + load_next(&seed) % 2000000;

		free(live[k]);
		live[k] = load_block(bytes);
		for (size_t at = 0; at < bytes; at += 512)
			live[k][at] = (char)at;
	}
	for (size_t k = 0; k < LIVE; k++)
		free(live[k]);
}

/* Requests are served one after the other: each makes objects of all sizes, then drops them all. */
static void phases(unsigned n)
{
	enum { OBJECTS = 6007 };
	static void *objects[OBJECTS];
	uint64_t seed = 8;

	for (unsigned i = 0; i < n; i++) {
		for (size_t k = 0; k < OBJECTS; k++)
			objects[k] = load_block(load_power_size(&seed, 24, 8192));
		for (size_t k = 0; k < OBJECTS; k++)
			free(objects[(k * 7) % OBJECTS]);
	}
}

const struct load single_loads[] = {
	{"algebra", algebra},     {"minimiser", minimiser}, {"trees", trees},
	{"power-law", power_law}, {"growth", growth},       {"zeroed", zeroed},
	{"large", large},         {"phases", phases},       {NULL, NULL},
};
