/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A load that grows and shrinks as a server's does, and what it costs on a heap: recorded programs one after the other on
 * one heap, each as a job that frees all it has in the end. Payloads are written, so that pages are really there.
 */
#ifndef DOCS_GIVING_LOAD_H
#define DOCS_GIVING_LOAD_H

#include <osmem/heap.h>

#include "docs/give_up.h"

#include "tools/trace.h"

/* The jobs in their order, and how often they all come. */
struct load {
	struct trace *traces;
	size_t count;
	unsigned rounds;
};

struct cost {
	double resident;      /* pages' bytes that the process had more than at its start: the mean over all operations */
	double resident_idle; /* the same, after each job: what the heap holds on to while it is empty */
	double faults;        /* page faults */
	double ns;            /* processor time */
	double gives;         /* trims and purges */
};

/* Each measurement is a process of its own. Ends the program if one fails. */
struct cost load_measure(const struct load *load, const struct osm_config *config, const char *backend);

#endif
