/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a tool that watches a program's memory is told of a heap: valgrind by client requests, an address sanitizer by
 * poisoning. The build's option annotate= chooses; without a tool nothing is left of all this.
 *
 *     | header | asked for ....... | rest of the payload | header | free ............. |
 *     closed     open                closed
 *
 * Of a heap's memory that is open which the program asked for. The library goes everywhere: valgrind reports nothing while
 * it is inside a heap, and beside an address sanitizer it is compiled without one. Only what the C library moves for it
 * has to be uncovered then.
 *
 * A tool knows the size that was asked for, which a heap does not keep: annotate_extent() reads it back.
 */
#ifndef OSMEM_ANNOTATE_H
#define OSMEM_ANNOTATE_H

#include <osmem/policy.h>

/* What a heap keeps for it. */
struct annotation {
	bool off;           /* it serves an allocator that keeps more in its blocks than it asks for */
	unsigned char room; /* bytes to ask for beyond a request, so that something closed lies behind it */
};

/*
 * What a tool is told:
 *
 *     tool_watches                is there a tool? Without one a heap is as ever
 *     tool_enter, tool_leave      the library is inside a heap, in this thread
 *     tool_open, tool_close       the memory is anybody's; is nobody's
 *     tool_give, tool_take        a block is handed to the program; comes back
 *     tool_stranger               the program frees what is no block
 *     tool_resize                 a block that had some bytes has some others, where it lies
 *     tool_define                 these bytes of a block hold something
 *     tool_extent                 how many bytes from p on are open, at most n
 *     tool_uncover, tool_cover    let the C library move a block down, within its region; it did not
 */
#if defined(OSM_ANNOTATE_VALGRIND)

#include <valgrind/memcheck.h>

static inline bool tool_watches(void)
{
	return RUNNING_ON_VALGRIND != 0;
}

static inline void tool_enter(void)
{
	VALGRIND_DISABLE_ERROR_REPORTING;
}

static inline void tool_leave(void)
{
	VALGRIND_ENABLE_ERROR_REPORTING;
}

static inline void tool_open(const void *p, size_t n)
{
	VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}

static inline void tool_close(const void *p, size_t n)
{
	VALGRIND_MAKE_MEM_NOACCESS(p, n);
}

static inline void tool_give(const void *p, size_t n)
{
	VALGRIND_MALLOCLIKE_BLOCK(p, n, 0, 0);
}

static inline void tool_take(const void *p, size_t n)
{
	(void)n;
	VALGRIND_FREELIKE_BLOCK(p, 0);
}

static inline void tool_stranger(const void *p)
{
	VALGRIND_ENABLE_ERROR_REPORTING;
	VALGRIND_FREELIKE_BLOCK(p, 0);
	VALGRIND_DISABLE_ERROR_REPORTING;
}

static inline void tool_resize(const char *p, size_t had, size_t n)
{
	VALGRIND_RESIZEINPLACE_BLOCK(p, had, n, 0);
}

static inline void tool_define(const void *p, size_t n)
{
	VALGRIND_MAKE_MEM_DEFINED(p, n);
}

static inline size_t tool_extent(const void *p, size_t n)
{
	uintptr_t closed = VALGRIND_CHECK_MEM_IS_ADDRESSABLE(p, n);

	return closed ? closed - (uintptr_t)p : n;
}

static inline char *tool_uncover(const struct osm_region *region, char *p, size_t size)
{
	(void)region;
	(void)size;
	return p;
}

static inline void tool_cover(const char *from, const char *p, size_t had, size_t size)
{
	(void)from;
	(void)p;
	(void)had;
	(void)size;
}

#elif defined(OSM_ANNOTATE_ADDRESS)

#include <sanitizer/asan_interface.h>

static inline bool tool_watches(void)
{
	return true;
}

static inline void tool_enter(void)
{
}

static inline void tool_leave(void)
{
}

static inline void tool_open(const void *p, size_t n)
{
	__asan_unpoison_memory_region(p, n);
}

static inline void tool_close(const void *p, size_t n)
{
	__asan_poison_memory_region(p, n);
}

static inline void tool_give(const void *p, size_t n)
{
	tool_open(p, n);
}

static inline void tool_take(const void *p, size_t n)
{
	tool_close(p, n);
}

static inline void tool_stranger(const void *p)
{
	(void)p;
}

static inline void tool_resize(const char *p, size_t had, size_t n)
{
	if (n > had)
		tool_open(p, n);
	else
		tool_close(p + n, had - n);
}

static inline void tool_define(const void *p, size_t n)
{
	(void)p;
	(void)n;
}

static inline size_t tool_extent(void *p, size_t n)
{
	const char *closed = __asan_region_is_poisoned(p, n);

	return closed ? (size_t)(closed - (const char *)p) : n;
}

/* Everything between the block before p and p is closed, and the contents can go no further down. */
static inline char *tool_uncover(const struct osm_region *region, char *p, size_t size)
{
	char *from = p;

	while (region && (p < region->start || p >= region->end))
		region = region->next;
	while (region && from > region->start && __asan_address_is_poisoned(from - 1))
		from--;
	tool_open(from, (size_t)(p - from) + size);
	return from;
}

static inline void tool_cover(const char *from, const char *p, size_t had, size_t size)
{
	tool_close(from, (size_t)(p - from));
	tool_close(p + had, size - had);
}

#else

#define tool_watches() false
#define tool_enter() ((void)0)
#define tool_leave() ((void)0)
#define tool_open(p, n) ((void)(p), (void)(n))
#define tool_close(p, n) ((void)(p), (void)(n))
#define tool_give(p, n) ((void)(p), (void)(n))
#define tool_take(p, n) ((void)(p), (void)(n))
#define tool_stranger(p) ((void)(p))
#define tool_resize(p, had, n) ((void)(p), (void)(had), (void)(n))
#define tool_define(p, n) ((void)(p), (void)(n))
#define tool_extent(p, n) ((void)(p), n)
#define tool_uncover(region, p, size) ((void)(region), (void)(size), p)
#define tool_cover(from, p, had, size) ((void)(from), (void)(p), (void)(had), (void)(size))

#endif

/* The heap's memory goes back to the backend, or is looked after by it for a while. */
static inline void annotate_open(const struct annotation *heap, const void *p, size_t n)
{
	if (!heap->off)
		tool_open(p, n);
}

/* The heap has this memory from the backend. */
static inline void annotate_close(const struct annotation *heap, const void *p, size_t n)
{
	if (!heap->off)
		tool_close(p, n);
}

/* n bytes at p were asked for, and the program gets them. */
static inline void annotate_block(const struct annotation *heap, const void *p, size_t n)
{
	if (!heap->off)
		tool_give(p, n);
}

/* The block comes back; its payload had so many bytes. */
static inline void annotate_free(const struct annotation *heap, const void *p, size_t size)
{
	if (!heap->off)
		tool_take(p, size);
}

/* What was asked for was `had` bytes, and is n. */
static inline void annotate_resized(const struct annotation *heap, const void *p, size_t had, size_t n)
{
	if (!heap->off)
		tool_resize(p, had, n);
}

/* The first n bytes of a block hold something. */
static inline void annotate_defined(const struct annotation *heap, const void *p, size_t n)
{
	if (!heap->off)
		tool_define(p, n);
}

/* A call was given p, which is no live block: let the tool say what it knows of it. The library reports it anyway. */
static inline void annotate_stranger(const struct annotation *heap, const void *p)
{
	if (!heap->off)
		tool_stranger(p);
}

/* The program may use all of a payload from now on. */
static inline void annotate_whole(const struct annotation *heap, void *p, size_t size)
{
	if (!heap->off)
		tool_resize(p, tool_extent(p, size), size);
}

/* How many of a payload's `size` bytes were asked for; without a tool, all. */
static inline size_t annotate_extent(const struct annotation *heap, void *p, size_t size)
{
	return heap->off ? size : tool_extent(p, size);
}

/* What to ask for, so that n bytes can be used and something closed lies behind them. */
static inline size_t annotate_request(const struct annotation *heap, size_t n)
{
	return tool_watches() ? n + heap->room : n;
}

/* The same, where the block has a mapping of its own. */
static inline size_t annotate_mapping(const struct annotation *heap, size_t n)
{
	return tool_watches() && !heap->off ? n + 1 : n;
}

#endif
