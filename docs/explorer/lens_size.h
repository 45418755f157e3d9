/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The size-ordered index: the hand, the bins, the tree of large blocks. Part of lens.c.
 *
 * A tree is [block, left, right] or null; a bin is the list of its blocks, in the order in which they would be taken.
 */
#ifndef DOCS_EXPLORER_LENS_SIZE_H
#define DOCS_EXPLORER_LENS_SIZE_H

/* What is yet to be written of a tree: a node and how far it is. */
struct lens_node {
	const struct block *b;
	int done; /* 0: not begun, 1: its left side is written, 2: its right one too */
};

static void report_tree(const struct space *s, const struct block *root, struct text *json)
{
	struct lens_node stack[TREE_HEIGHT + 1];
	int depth = 0;

	stack[depth++] = (struct lens_node){root, 0};
	while (depth > 0) {
		struct lens_node *top = &stack[depth - 1];
		int done = top->done++;

		if (!top->b) {
			text_add(json, "null");
			depth--;
		} else if (done == 2) {
			text_add_char(json, ']');
			depth--;
		} else {
			if (done == 0)
				text_format(json, "[%z", stage_offset(block_payload(top->b)));
			text_add_char(json, ',');
			stack[depth++] = (struct lens_node){tree_child(s, top->b, done == 0 ? TREE_LEFT : TREE_RIGHT), 0};
		}
	}
}

#ifdef OSMEM_POLICIES_BIN_LIST_H
/* The blocks of a bin in its order: the one behind b, or the first. */
static const struct block *bin_behind(const struct space *s, const struct bin *bin, const struct block *b)
{
	return link_from(s, b ? node_link(s, b, LIST_NEXT) : bin->first);
}
#else
/* The lowest block above b below a node, or `best` if that is lower. */
static const struct block *lowest_above(const struct space *s, link_word root, const struct block *b,
                                        const struct block *best)
{
	link_word ahead[BIN_DEPTH + 2];
	int count = 0;

	ahead[count++] = root;
	while (count > 0) {
		const struct block *at = link_from(s, ahead[--count]);

		if (!at || (best && at > best))
			continue; /* so is all below it */
		if (at > b) {
			best = at;
			continue;
		}
		ahead[count++] = node_link(s, at, 0);
		ahead[count++] = node_link(s, at, 1);
	}
	return best;
}

/* The blocks of a bin by address: the one behind b, or the first. */
static const struct block *bin_behind(const struct space *s, const struct bin *bin, const struct block *b)
{
	const struct block *fresh = link_from(s, bin->fresh);

	return lowest_above(s, bin->root, b, fresh > b ? fresh : NULL);
}
#endif

static void report_bin(const struct space *s, const struct bin *bin, struct text *json)
{
	const struct block *first = bin_behind(s, bin, NULL);

	text_add(json, "\"list\":[");
	for (const struct block *b = first; b; b = bin_behind(s, bin, b))
		text_format(json, "%s%z", b == first ? "" : ",", stage_offset(block_payload(b)));
	text_add_char(json, ']');
}

static void report_index(const void *state, struct text *json)
{
	const struct engine *e = state;
	const struct index *x = &e->index;
	const char *comma = "";

	text_add(json, "{\"kind\":\"size\",\"hand\":");
	if (x->hand)
		text_add_number(json, stage_offset(block_payload(x->hand)));
	else
		text_add(json, "null");
	text_format(json, ",\"count\":%z,\"bins\":[", x->bin_count);
	for (size_t units = 0; units < x->bin_count; units++) {
		if (!bin_first(&x->bin[units]))
			continue;
		text_format(json, "%s{\"size\":%z,", comma, (units << x->space.granule_log2) - BLOCK_HEADER);
		report_bin(&x->space, &x->bin[units], json);
		text_add_char(json, '}');
		comma = ",";
	}
	text_add(json, "],\"large\":");
	report_tree(&x->space, x->large, json);
	text_add_char(json, '}');
}

#endif
