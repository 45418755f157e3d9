/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the last operation did, in one sentence, from what was really met.
 */
#ifndef DOCS_EXPLORER_EXPLAIN_H
#define DOCS_EXPLORER_EXPLAIN_H

#include "text.h"

/* Adds the sentence about `stage.event`. */
void explain(struct text *text);

#endif
