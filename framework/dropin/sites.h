/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the family was called from: the frames outside this library, found by the C library's backtrace, and known by a
 * hash of their addresses.
 */
#ifndef OSMEM_DROPIN_SITES_H
#define OSMEM_DROPIN_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SITE_DEPTH = 12, SITE_TEXT = 3000 };

struct site {
	uint64_t hash; /* 0: not found out */
	void *frames[SITE_DEPTH];
	size_t count;
};

/* To be called once before sites_find, when allocating is possible: loads what unwinds. False: there is no memory. */
bool sites_begin(void);
/* The caller's site; no lock may be held that a dynamic linker's call for memory wants. */
void sites_find(struct site *site);
/* Its text, as osm_trace_site gives it; returns the length. The same holds. */
size_t sites_describe(const struct site *site, char text[SITE_TEXT]);

/* The number of a site, or 0: it is new. The next two are called under the recorder's lock. */
uint32_t sites_number(uint64_t hash);
/* Give it the next number, which is returned; 0: there are too many. */
uint32_t sites_add(uint64_t hash);
/* In a forked child, whose trace knows none. */
void sites_forget(void);

#endif
