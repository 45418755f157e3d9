/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The size-ordered index: the hand, the bins, the tree of large blocks. Part of lens.c.
 *
 * A tree is [block, left, right] or null; a bin has its blocks as such a tree, or as a list where its policy has lists.
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
static void report_bin(const struct space *s, const struct block *bin, struct text *json)
{
	text_add(json, "\"list\":[");
	for (const struct block *b = bin; b; b = link_from(s, node_of(b)->side[LIST_NEXT]))
		text_format(json, "%s%z", b == bin ? "" : ",", stage_offset(block_payload(b)));
	text_add_char(json, ']');
}
#else
static void report_bin(const struct space *s, const struct block *bin, struct text *json)
{
	text_add(json, "\"tree\":");
	report_tree(s, bin, json);
}
#endif

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
		if (!x->bin[units])
			continue;
		text_format(json, "%s{\"size\":%z,", comma, (units << x->space.granule_log2) - BLOCK_HEADER);
		report_bin(&x->space, x->bin[units], json);
		text_add_char(json, '}');
		comma = ",";
	}
	text_add(json, "],\"large\":");
	report_tree(&x->space, x->large, json);
	text_add_char(json, '}');
}

#endif
