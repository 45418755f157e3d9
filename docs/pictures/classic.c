/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the classic profile asks of its backend: a few calls on a heap of that configuration, over the mock, which keeps
 * a log.
 */
#include "drawings.h"

#include "framework/profile_classic.h"

#include <stdio.h>

#define LOG_ROOM 16

static _Alignas(4096) char memory[4u << 20];
static struct osm_mock mock;
static struct osm_mock_entry entries[LOG_ROOM];

struct text {
	char bytes[512];
	size_t length;
};

static void add(struct text *text, const char *kind, size_t n)
{
	text->length += (size_t)snprintf(text->bytes + text->length, sizeof text->bytes - text->length, "%s%s%zu",
	                                 text->length ? " " : "", kind, n);
}

static bool add_block(const struct osm_block *block, void *context)
{
	add(context, block->free ? "F" : block->mapped ? "M" : "A", block->size);
	return true;
}

static void describe_log(struct text *text)
{
	for (size_t i = 0; i < mock.calls; i++)
		switch (entries[i].call) {
		case OSM_MOCK_GROW:
			add(text, entries[i].at == OSM_MOCK_NONE ? "begin with " : "grow by ", entries[i].n);
			break;
		case OSM_MOCK_MAP:
			add(text, "map ", entries[i].n);
			break;
		case OSM_MOCK_UNMAP:
			add(text, "unmap ", entries[i].n);
			break;
		case OSM_MOCK_REMAP:
		case OSM_MOCK_RELEASE:
		case OSM_MOCK_TRIM:
		case OSM_MOCK_PURGE:
			give_up("the classic profile has called what it never calls");
		}
}

static void row(FILE *file, struct osm_heap *heap, const char *call)
{
	struct text log = {.bytes = ""}, blocks = {.bytes = ""};

	describe_log(&log);
	osm_heap_walk(heap, add_block, &blocks);
	fprintf(file, "<tr><td><code>%s</code></td><td>%s</td><td>%s</td></tr>\n", call, log.length ? log.bytes : "nothing",
	        blocks.bytes);
	osm_mock_log(&mock, entries, LOG_ROOM);
}

static void perform(FILE *file, struct osm_heap *heap)
{
	void *a, *b, *c, *d;

	a = osm_heap_alloc(heap, 100);
	row(file, heap, "a = os_malloc(100)");
	b = osm_heap_alloc(heap, 100000);
	row(file, heap, "b = os_malloc(100000)");
	c = osm_heap_alloc(heap, 50000);
	row(file, heap, "c = os_malloc(50000)");
	d = osm_heap_alloc(heap, 10);
	row(file, heap, "d = os_malloc(10)");
	osm_heap_free(heap, b);
	row(file, heap, "os_free(b)");
	a = osm_heap_realloc(heap, a, 99960);
	row(file, heap, "a = os_realloc(a, 99960)");
	d = osm_heap_realloc(heap, d, 1000);
	row(file, heap, "d = os_realloc(d, 1000)");
	b = osm_heap_alloc(heap, 200000);
	row(file, heap, "b = os_malloc(200000)");
	b = osm_heap_realloc(heap, b, 150000);
	row(file, heap, "b = os_realloc(b, 150000)");
	osm_heap_free(heap, b);
	row(file, heap, "os_free(b)");
	b = osm_heap_calloc(heap, 1, 5000);
	row(file, heap, "b = os_calloc(1, 5000)");
	if (!a || !b || !c || !d)
		give_up("the mock is too small");
}

void write_classic(const char *folder)
{
	const struct osm_config config = OSM_PROFILE_CONFIG;
	struct osm_heap *heap;
	char path[4096];
	FILE *file;

	snprintf(path, sizeof path, "%s/classic.html", folder);
	file = fopen(path, "w");
	osm_mock_init(&mock, memory, sizeof memory);
	heap = osm_heap_create(policy_named("best-fit-scan", "meta"), &mock.backend, &config);
	if (!file || !heap)
		give_up("%s cannot be written, or there is no heap", path);
	osm_mock_log(&mock, entries, LOG_ROOM);
	fputs("<table class='doxtable' data-table='classic'>\n"
	      "<tr><th>call</th><th>asked of the backend, bytes</th><th>blocks after it</th></tr>\n",
	      file);
	perform(file, heap);
	fputs("</table>\n", file);
	if (ferror(file) || fclose(file) != 0)
		give_up("a table could not be written");
}
