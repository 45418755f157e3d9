/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An index that no lens was made for. Part of lens.c.
 */
#ifndef DOCS_EXPLORER_LENS_OTHER_H
#define DOCS_EXPLORER_LENS_OTHER_H

static void report_index(const void *state, struct text *json)
{
	(void)state;
	text_add(json, "{\"kind\":\"other\"}");
}

#endif
