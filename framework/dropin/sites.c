/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Call sites: see sites.h.
 */
#define _GNU_SOURCE
#include "framework/dropin/sites.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <osmem/print.h>
#include <string.h>
#include <sys/mman.h>

enum { OWN_FRAMES = 8, ROOM = 1 << 17, FULL = ROOM / 2 };

struct entry {
	uint64_t hash; /* 0: empty */
	uint32_t number;
};

static struct entry *table;
static uint32_t count;

/* The library itself, as the linker lays it out. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

bool sites_begin(void)
{
	void *frame;

	backtrace(&frame, 1); /* loads libgcc, which allocates */
	table = mmap(NULL, ROOM * sizeof *table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		table = NULL;
	return table != NULL;
}

static bool is_own(const void *address)
{
	return (const char *)address >= __ehdr_start && (const char *)address < etext;
}

void sites_find(struct site *site)
{
	void *frames[SITE_DEPTH + OWN_FRAMES];
	int found = backtrace(frames, SITE_DEPTH + OWN_FRAMES), own = 0;
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a, by words */

	while (own < found && own < OWN_FRAMES && is_own(frames[own]))
		own++;
	site->count = 0;
	for (int i = own; i < found && site->count < SITE_DEPTH; i++) {
		site->frames[site->count++] = frames[i];
		hash = (hash ^ (uintptr_t)frames[i]) * 0x100000001b3u;
	}
	hash ^= hash >> 32;
	site->hash = hash ? hash : 1;
}

/* Printable, and without what parts frames. */
static size_t put_name(char *text, size_t room, const char *name)
{
	size_t n = 0;

	for (; *name && n + 3 < room; name++) {
		unsigned char byte = (unsigned char)*name;

		if (byte > ' ' && byte < 0x7f && byte != '#' && byte != ';' && byte != '%')
			text[n++] = *name;
		else
			n += (size_t)osm_snprintf(text + n, room - n, "%%%x%x", byte >> 4, byte & 15);
	}
	return n;
}

size_t sites_describe(const struct site *site, char text[SITE_TEXT])
{
	size_t n = 0;

	for (size_t i = 0; i < site->count && n + 320 < SITE_TEXT; i++) {
		/* A return address may be the next function's first byte. */
		char *call = (char *)site->frames[i] - 1;
		Dl_info about = {0};

		if (i > 0)
			text[n++] = ';';
		if (dladdr(call, &about) && about.dli_fname && *about.dli_fname)
			n += put_name(text + n, 280, about.dli_fname);
		else
			n += put_name(text + n, 280, "?");
		n += (size_t)osm_snprintf(text + n, SITE_TEXT - n, "+0x%zx", (size_t)(call - (char *)about.dli_fbase));
	}
	if (n == 0)
		text[n++] = '?';
	return n;
}

/* Where the hash stands, or the empty place where it would. */
static struct entry *place(uint64_t hash)
{
	size_t at = (size_t)(hash * 0x9e3779b97f4a7c15u >> 32) % ROOM;

	while (table[at].hash && table[at].hash != hash)
		at = (at + 1) % ROOM;
	return &table[at];
}

uint32_t sites_number(uint64_t hash)
{
	return hash ? place(hash)->number : 0;
}

uint32_t sites_add(uint64_t hash)
{
	if (count >= FULL)
		return 0;
	*place(hash) = (struct entry){hash, ++count};
	return count;
}

void sites_forget(void)
{
	count = 0;
	if (table)
		memset(table, 0, ROOM * sizeof *table);
}
