/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the trace that a process writes tells of one of its blocks.
 */
#ifndef OSMEM_DROPIN_HISTORY_H
#define OSMEM_DROPIN_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct history {
	uint64_t operation; /* of the trace, from 1 on: it gave the block out last; 0: none did */
	const char *site;   /* the call's, not terminated */
	size_t site_length; /* 0: the trace has no sites */
	void *file;         /* mapped, or NULL */
	size_t file_bytes;
};

/* Search a trace that is being written. Takes no lock and allocates nothing; O(the trace's bytes). */
struct history history_find(const char *path, const void *block);
/* The site's text is gone then. */
void history_end(struct history *history);

#endif
