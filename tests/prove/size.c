/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index by size: bins and their bits; the order within a bin.
 */
#define INDEX_FILE "policies/index_size.h"
#include "policies/engine.h"
#include "prove.h"

void prove_bin_at_least__beyond_all(size_t units)
{
	struct index x;

	assume(units >= x.bin_count);
	claim(bin_at_least(&x, units) >= x.bin_count);
}

void prove_bin_at_least__few(size_t units, size_t other)
{
	struct index x;
	size_t found;

	x.occupied = &x.few_occupied;
	x.bin_count = FEW;
	assume(x.few_occupied < 1 << FEW && x.summary <= 1 && (x.summary || !x.few_occupied));
	found = bin_at_least(&x, units);
	assume(units < FEW);
	claim(found >= units && (found == FEW || x.few_occupied >> found & 1));
	assume(other >= units && other < FEW && x.few_occupied >> other & 1);
	claim(found <= other);
}

void prove_units_of(size_t bytes, size_t more)
{
	struct index x;

	assume(x.space.granule_log2 >= 3 && x.space.granule_log2 <= 12 && bytes <= more);
	claim(units_of(&x, bytes) <= units_of(&x, more));
	claim(bytes - (units_of(&x, bytes) << x.space.granule_log2) < (size_t)1 << x.space.granule_log2);
}

void prove_lean_to(int side)
{
	assume(side == TREE_LEFT || side == TREE_RIGHT);
	claim(lean_to(side) == (side == TREE_LEFT ? LEAN_LEFT : LEAN_RIGHT));
}

/* A free block's node, and nothing else; links are multiples of 4, as blocks are aligned, and plain where a heap is trusted. */
void prove_tree_set_lean(struct block *b, enum tree_lean lean)
{
	struct space s;
	link_word left, right;

	memory(node_of(b), sizeof(struct node));
	assume((uintptr_t)b % sizeof(link_word) == 0 && BLOCK_HEADER % sizeof(link_word) == 0 && lean <= LEAN_RIGHT);
	assume(s.trusted);
	left = node_of(b)->side[TREE_LEFT];
	right = node_of(b)->side[TREE_RIGHT];
	tree_set_lean(&s, b, lean);
	claim(tree_lean(&s, b) == lean);
	claim(node_of(b)->side[TREE_LEFT] >> 2 == left >> 2 && node_of(b)->side[TREE_RIGHT] == right);
}

void prove_tree_set_child(struct block *b, struct block *child, int side)
{
	struct space s;
	enum tree_lean lean;
	link_word other;

	memory(node_of(b), sizeof(struct node));
	assume(s.trusted && (uintptr_t)b % sizeof(link_word) == 0 && (side == TREE_LEFT || side == TREE_RIGHT));
	assume(!child || ((link_to_set(&s, child) & LEAN_BITS) == 0 && link_to_set(&s, child) != 0 &&
	                  link_from_set(&s, link_to_set(&s, child)) == child));
	lean = tree_lean(&s, b);
	other = node_of(b)->side[!side];
	tree_set_child(&s, b, side, child);
	claim(tree_child(&s, b, side) == child && node_of(b)->side[!side] == other);
	claim(tree_lean(&s, b) == lean);
}

void prove_bin_first(link_word fresh, link_word root)
{
	struct bin bin = {fresh, root};
	link_word lower = fresh < root ? fresh : root;

	/* The lower of those that are there. */
	claim(bin_first(&bin) == (fresh && root ? lower : fresh | root));
}
