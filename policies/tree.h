/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A balanced tree of free blocks, in their nodes.
 *
 * An AVL tree: the heights of two siblings differ by at most one, so a tree of n blocks is at most 1.45 log2(n) high. A
 * node keeps its children's links; the lowest bits of the left one say which child is higher. There is no parent link:
 * an operation notes its way down, which TREE_HEIGHT bounds, and goes back up along it.
 *
 * The order is that of block_before(), which the index defines. Where the tree was damaged it may be neither ordered nor
 * balanced, nor a tree: every way down ends after TREE_HEIGHT steps.
 *
 * Source: Adelson-Velskii and Landis 1962; Knuth 1973, The Art of Computer Programming, vol. 3, 6.2.3.
 */
#ifndef OSMEM_POLICIES_TREE_H
#define OSMEM_POLICIES_TREE_H

#include "policies/node.h"

/* 1.45 log2 of more blocks than addresses can hold. */
enum { TREE_HEIGHT = 64 };

enum { TREE_LEFT, TREE_RIGHT };

/* The lean of a node: which child is higher. Kept in the lowest two bits of its left link. */
enum tree_lean { LEAN_NONE, LEAN_LEFT, LEAN_RIGHT };

#define LEAN_BITS ((link_word)3)

/* Which side is taken is hard to foresee, so no branch depends on it. */
static inline struct block *tree_child(const struct space *s, const struct block *b, int side)
{
	struct block *child = link_from(s, node_link(s, b, side) & ~LEAN_BITS);

	if (space_trusts_blocks(s) || !child || node_can_be(s, child))
		return child;
	node_damage(s, b);
	return NULL;
}

static inline void tree_set_child(const struct space *s, struct block *b, int side, struct block *child)
{
	node_set_link(s, b, side, link_to(s, child) | (node_link(s, b, side) & LEAN_BITS));
}

static inline enum tree_lean tree_lean(const struct space *s, const struct block *b)
{
	return (enum tree_lean)(node_link(s, b, TREE_LEFT) & LEAN_BITS);
}

static inline void tree_set_lean(const struct space *s, struct block *b, enum tree_lean lean)
{
	node_set_link(s, b, TREE_LEFT, (node_link(s, b, TREE_LEFT) & ~LEAN_BITS) | (link_word)lean);
}

static inline enum tree_lean lean_to(int side)
{
	return side == TREE_LEFT ? LEAN_LEFT : LEAN_RIGHT;
}

/* The way from the root to a node: the nodes passed and the side taken at each. */
struct tree_path {
	struct block *at[TREE_HEIGHT];
	unsigned char side[TREE_HEIGHT];
	int depth;
};

/* Hang `child` where the way leads after `depth` steps. */
static inline void path_hang(const struct space *s, struct block **root, const struct tree_path *path, int depth,
                             struct block *child)
{
	if (depth == 0)
		*root = child;
	else
		tree_set_child(s, path->at[depth - 1], path->side[depth - 1], child);
}

/* The child on `side` of `top` is two higher than the other: rotate; returns the new top. Where damage has taken what
 * would be turned, nothing is. */
static struct block *tree_rotate(const struct space *s, struct block *top, int side)
{
	struct block *child = tree_child(s, top, side), *inner;

	if (!child)
		return top;
	if (tree_lean(s, child) != lean_to(!side)) {
		tree_set_child(s, top, side, tree_child(s, child, !side));
		tree_set_child(s, child, !side, top);
		/* After a removal the child may be even: then the tree keeps its height and both lean towards each other. */
		if (tree_lean(s, child) == LEAN_NONE) {
			tree_set_lean(s, top, lean_to(side));
			tree_set_lean(s, child, lean_to(!side));
		} else {
			tree_set_lean(s, top, LEAN_NONE);
			tree_set_lean(s, child, LEAN_NONE);
		}
		return child;
	}
	inner = tree_child(s, child, !side);
	if (!inner)
		return top;
	tree_set_child(s, child, !side, tree_child(s, inner, side));
	tree_set_child(s, inner, side, child);
	tree_set_child(s, top, side, tree_child(s, inner, !side));
	tree_set_child(s, inner, !side, top);
	tree_set_lean(s, top, tree_lean(s, inner) == lean_to(side) ? lean_to(!side) : LEAN_NONE);
	tree_set_lean(s, child, tree_lean(s, inner) == lean_to(!side) ? lean_to(side) : LEAN_NONE);
	tree_set_lean(s, inner, LEAN_NONE);
	return inner;
}

/* Go down from the root towards b; true if b was met, and then it is the last on the way. */
static inline bool tree_descend(struct space *s, struct block *root, const struct block *b, struct tree_path *path)
{
	struct block *at = root;

	path->depth = 0;
	while (at && path->depth < TREE_HEIGHT) {
		int side = !block_before(s, b, at);

		s->steps++;
		path->at[path->depth] = at;
		path->side[path->depth++] = (unsigned char)side;
		if (at == b)
			return true;
		at = tree_child(s, at, side);
	}
	return false;
}

static inline void tree_insert(struct space *s, struct block **root, struct block *b)
{
	struct tree_path path;

	node_set_links(s, b, 0, 0);
	if (!*root) {
		*root = b;
		return;
	}
	tree_descend(s, *root, b, &path);
	path_hang(s, root, &path, path.depth, b);
	for (int depth = path.depth; depth-- > 0;) {
		struct block *at = path.at[depth];
		int side = path.side[depth];

		if (tree_lean(s, at) == LEAN_NONE) {
			tree_set_lean(s, at, lean_to(side)); /* this subtree became higher: go on */
			continue;
		}
		if (tree_lean(s, at) == lean_to(side))
			path_hang(s, root, &path, depth, tree_rotate(s, at, side));
		else
			tree_set_lean(s, at, LEAN_NONE);
		break;
	}
}

/* The subtree on the path's side at `depth - 1` and upwards lost one in height. */
static void tree_shrink(const struct space *s, struct block **root, const struct tree_path *path, int depth)
{
	while (depth-- > 0) {
		struct block *at = path->at[depth], *top;
		int side = path->side[depth];

		if (tree_lean(s, at) == lean_to(side)) {
			tree_set_lean(s, at, LEAN_NONE); /* this subtree became lower: go on */
			continue;
		}
		if (tree_lean(s, at) == LEAN_NONE) {
			tree_set_lean(s, at, lean_to(!side));
			break;
		}
		top = tree_rotate(s, at, !side);
		path_hang(s, root, path, depth, top);
		if (tree_lean(s, top) != LEAN_NONE)
			break;
	}
}

/* Do the links of b lead to blocks, on both sides of it? */
static inline bool tree_node_is_sound(const struct space *s, const struct block *b)
{
	const struct block *left = tree_child(s, b, TREE_LEFT), *right = tree_child(s, b, TREE_RIGHT);

	if ((left && !block_before(s, left, b)) || (right && !block_before(s, b, right)))
		return node_damage(s, b);
	return s->config->fault->kind == OSM_FAULT_NONE;
}

/* False: b is not in the tree, or its links lead astray, and nothing has changed. */
static inline bool tree_remove(struct space *s, struct block **root, struct block *b)
{
	struct tree_path path;
	struct block *heir, *left, *right;
	int depth;

	if (*root == b && node_link(s, b, TREE_LEFT) == 0 && node_link(s, b, TREE_RIGHT) == 0) {
		*root = NULL;
		return true;
	}
	if (!tree_descend(s, *root, b, &path))
		return node_damage(s, b);
	left = tree_child(s, b, TREE_LEFT);
	right = tree_child(s, b, TREE_RIGHT);
	if (!space_trusts_blocks(s) && !tree_node_is_sound(s, b))
		return false;
	depth = path.depth - 1;
	if (!left || !right) {
		path_hang(s, root, &path, depth, left ? left : right);
		tree_shrink(s, root, &path, depth);
		return true;
	}
	/* Its successor, which has no left child, takes its place; the path leads to the right of b. */
	for (heir = right; path.depth < TREE_HEIGHT && tree_child(s, heir, TREE_LEFT);
	     heir = tree_child(s, heir, TREE_LEFT)) {
		s->steps++;
		path.at[path.depth] = heir;
		path.side[path.depth++] = TREE_LEFT;
	}
	path_hang(s, root, &path, path.depth, tree_child(s, heir, TREE_RIGHT));
	node_set_links(s, heir, node_link(s, b, TREE_LEFT), node_link(s, b, TREE_RIGHT));
	path.at[depth] = heir;
	path_hang(s, root, &path, depth, heir);
	tree_shrink(s, root, &path, path.depth);
	return true;
}

/* The first in the tree's order; the tree is not empty. */
static inline struct block *tree_first(struct space *s, struct block *root)
{
	struct block *left;

	for (int depth = 0; depth < TREE_HEIGHT && (left = tree_child(s, root, TREE_LEFT)) != NULL; depth++) {
		space_look(s, root);
		root = left;
	}
	return root;
}

/* The one behind b in the tree's order, or NULL; b need not be in the tree. */
static inline struct block *tree_after(struct space *s, struct block *root, const struct block *b)
{
	struct block *found = NULL;

	for (int depth = 0; root && depth < TREE_HEIGHT; depth++) {
		bool is_behind = root != b && block_before(s, b, root);

		space_look(s, root);
		if (is_behind)
			found = root;
		root = tree_child(s, root, is_behind ? TREE_LEFT : TREE_RIGHT);
	}
	return found;
}

#endif
