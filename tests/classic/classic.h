/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the reference programs share: the four calls, checked and printed.
 *
 * Each checked_* function makes one call and prints it as one line, after the call, so that the system calls under it
 * stand before that line in a trace. Addresses are relative, because each run has others: heap+0x20 is the payload of
 * the first block on the heap, map#2+0x20 that of the second block that was ever mapped. Size and status are those of
 * the block's header.
 *
 *     os_malloc(1000) = heap+0x20, size 1000, ALLOC
 *
 * Every payload is filled with a pattern of its own, which must still be there when the block is resized or freed, and
 * after a free for as long as the block is on the heap. A program that finds it changed says so and exits with 1.
 *
 * tests/classic_model.py reads the same programs, so they keep to what it knows: these functions, arrays of sizes, and
 * for loops that count up.
 */
#ifndef OSMEM_CLASSIC_H
#define OSMEM_CLASSIC_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif

#include <errno.h>
#include <osmem/block_meta.h>
#include <osmem/osmem.h>
#include <osmem/print.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define HEADER sizeof(struct block_meta)
#define PAGE ((size_t)4096)                  /* What os_calloc maps from, header included. */
#define MMAP_THRESHOLD ((size_t)128 * 1024)  /* What os_malloc maps from, header included. */
#define PREALLOC ((size_t)128 * 1024)        /* The first growth of the heap. */
#define WHOLE_HEAP (PREALLOC - HEADER - 8)   /* The largest request for the heap; takes all that was preallocated. */
#define TOO_MUCH ((size_t)1 << 62)           /* No system maps this. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define INSIDE(p) ((char *)(p) + 64)         /* Points into a block, not to its start. */
#define FOREIGN (&held_blocks[0])            /* Points to no block at all. */

/* A block that the program holds. */
struct held {
	unsigned char *p;
	size_t size;   /* Payload, from the header. */
	unsigned seed; /* Of its pattern. */
	unsigned map;  /* Which mapping it is; 0: it lies on the heap. */
};

/* What one line needs to name a pointer. */
struct name {
	char text[64];
};

static struct held held_blocks[128];
static unsigned blocks_so_far;
static unsigned maps_so_far;
static char *heap_start; /* NULL until the first block on the heap is seen. */

static inline _Noreturn void fail(const char *what, const char *where)
{
	osm_printf("FAILED: %s: %s\n", where, what);
	exit(1);
}

static inline const struct block_meta *header_of(const void *p)
{
	return (const struct block_meta *)(const void *)((const char *)p - HEADER);
}

static inline const char *status_name(int status)
{
	return status == STATUS_FREE ? "FREE" : status == STATUS_ALLOC ? "ALLOC" : status == STATUS_MAPPED ? "MAPPED" : "?";
}

static inline struct held *held_find(const void *p)
{
	for (size_t i = 0; i < COUNT(held_blocks); i++)
		if (held_blocks[i].p == p && p)
			return &held_blocks[i];
	return NULL;
}

static inline struct name name_of(const void *p)
{
	const struct held *block = held_find(p);
	struct name name;

	if (!p)
		osm_snprintf(name.text, sizeof(name.text), "NULL");
	else if (block && block->map)
		osm_snprintf(name.text, sizeof(name.text), "map#%u+0x%zx", block->map, HEADER);
	else if (heap_start && (const char *)p >= heap_start)
		osm_snprintf(name.text, sizeof(name.text), "heap+0x%zx", (size_t)((const char *)p - heap_start));
	else
		osm_snprintf(name.text, sizeof(name.text), "foreign");
	return name;
}

static inline unsigned char pattern(unsigned seed, size_t i)
{
	return (unsigned char)(seed * 37 + i % 251);
}

static inline void pattern_check(const unsigned char *p, size_t size, unsigned seed, const char *where)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != pattern(seed, i))
			fail("the payload has changed", where);
}

/* A new payload: remember it and fill it. */
static inline void hold(void *p)
{
	size_t i = 0;

	while (i < COUNT(held_blocks) && held_blocks[i].p)
		i++;
	if (i == COUNT(held_blocks))
		fail("too many blocks", "program");
	held_blocks[i] = (struct held){.p = p, .size = header_of(p)->size, .seed = ++blocks_so_far};
	if (header_of(p)->status == STATUS_MAPPED)
		held_blocks[i].map = ++maps_so_far;
	else if (!heap_start)
		heap_start = (char *)p - HEADER;
	for (size_t k = 0; k < held_blocks[i].size; k++)
		held_blocks[i].p[k] = pattern(held_blocks[i].seed, k);
}

/*
 * What a call gave, for the end of its line; a new payload is held from here on. errno was 0 before the call and counts
 * only where memory ran out.
 */
static inline struct name result_of(void *p)
{
	struct name result;

	if (!p) {
		osm_snprintf(result.text, sizeof(result.text), "NULL%s", errno == ENOMEM ? ", ENOMEM" : "");
		return result;
	}
	hold(p);
	osm_snprintf(result.text, sizeof(result.text), "%s, size %zu, %s", name_of(p).text, header_of(p)->size,
	             status_name(header_of(p)->status));
	return result;
}

/* The program no longer holds this block, which the call has freed. */
static inline void let_go(struct held *block, const char *where)
{
	if (!block->map)
		pattern_check(block->p, block->size, block->seed, where);
	block->p = NULL;
}

/* Begin a program: a line that tells what it shows. */
static inline void begin(const char *title)
{
	osm_printf("%s\n", title);
}

static inline void *checked_malloc(size_t n)
{
	void *p;

	errno = 0;
	p = os_malloc(n);
	osm_printf("os_malloc(%zu) = %s\n", n, result_of(p).text);
	return p;
}

static inline void *checked_calloc(size_t count, size_t n)
{
	unsigned char *p;

	errno = 0;
	p = os_calloc(count, n);
	for (size_t i = 0; p && i < count * n; i++)
		if (p[i])
			fail("the payload is not zero", "os_calloc");
	osm_printf("os_calloc(%zu, %zu) = %s\n", count, n, result_of(p).text);
	return p;
}

static inline void checked_free(void *p)
{
	struct held *block = held_find(p);
	struct name name = name_of(p);

	if (block)
		pattern_check(block->p, block->size, block->seed, name.text);
	os_free(p);
	if (block)
		let_go(block, name.text);
	osm_printf("os_free(%s)\n", name.text);
}

static inline void *checked_realloc(void *p, size_t n)
{
	struct held *block = held_find(p);
	struct name name = name_of(p);
	unsigned char *q;

	if (block)
		pattern_check(block->p, block->size, block->seed, name.text);
	errno = 0;
	q = os_realloc(p, n);
	if (block && q)
		pattern_check(q, n < block->size ? n : block->size, block->seed, name.text);
	if (block && !q && n != 0)
		pattern_check(block->p, block->size, block->seed, name.text);
	else if (block && q != block->p)
		let_go(block, name.text);
	else if (block)
		block->p = NULL;
	osm_printf("os_realloc(%s, %zu) = %s\n", name.text, n, result_of(q).text);
	return q;
}

/* Print the blocks of the heap in address order: F for a free one, A for one that is held, and its size. */
static inline void show_heap(void)
{
	const char *end = heap_start ? sbrk(0) : NULL; /* glibc's sbrk(0) makes no system call once the heap is there. */
	const char *at = heap_start;

	osm_printf("heap:");
	while (at < end) {
		const struct block_meta *block = header_of(at + HEADER);

		osm_printf(" %c%zu", status_name(block->status)[0], block->size);
		if (block->size > (size_t)(end - at) - HEADER)
			fail("a block reaches over the end", "heap");
		at += HEADER + block->size;
	}
	osm_printf("\n");
}

/* End a program: everything that it held must be freed. The result is main's. */
static inline int end(void)
{
	for (size_t i = 0; i < COUNT(held_blocks); i++)
		if (held_blocks[i].p)
			fail("still held", name_of(held_blocks[i].p).text);
	return 0;
}

#endif
