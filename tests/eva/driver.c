/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All sequences of STEPS calls, each with all sizes of some ranges, on a heap in an arena: for Frama-C's analysis by
 * abstract interpretation (EVA), which runs them all at once. eva.py says with which policy, layout and index.
 *
 * The arena lies at a fixed address, ARENA, and is all the memory there that may be accessed. So an address is a number,
 * and what the library computes of addresses is exact. Nothing was ever written to it. What a call is asked for is a
 * choice; the analysis goes on with each value of it separately, but for sizes: those of a range that come to the same
 * block stay together.
 *
 * After each call: no two live blocks overlap, each is aligned and holds what was written to it, the free memory of the
 * arena is as it was, and the heap's own check is content. Nothing may be reported.
 */
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdint.h>
#include <string.h>

#include "__fc_builtin.h"

enum { GRANULE = 16, ALIGNMENT = 64, PAGE = 64, MAP_THRESHOLD = 256, LIVE_MAX = 12 };

extern const struct osm_policy POLICY;

struct live {
	unsigned char *p;
	size_t n; /* bytes that may be used */
	unsigned char mark;
};

/* Requests. All of a range get a block of the same size, in each layout; the last is mapped. */
static const size_t least[] = {1, 17, 97, 225}, most[] = {12, 24, 104, 232};

enum { SIZES = sizeof least / sizeof *least };

static struct osm_arena arena;
static struct live live[LIVE_MAX];
static int live_count;
static unsigned char marks;

/*@ requires holds; */
static void claim(bool holds)
{
	(void)holds;
}

/*@ requires !\initialized(p + (0 .. 1)); */
static void claim_untouched(const uint64_t *p)
{
	(void)p;
}

/* No call here is a misuse. */
void osm_report(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	(void)call;
	(void)fault;
	claim(false);
}

/* Memory that nothing was written to. */
static void forget(char *from, const char *to)
{
	char never_written[1024];

	for (size_t n; from < to; from += n) {
		n = (size_t)(to - from) < sizeof never_written ? (size_t)(to - from) : sizeof never_written;
		memcpy(from, never_written, n);
	}
}

static void adopt(struct osm_heap *heap, struct live *block, void *p, size_t n, size_t align)
{
	*block = (struct live){p, osm_heap_usable_size(heap, p), ++marks};
	claim((uintptr_t)p % align == 0 && block->n >= n);
	claim(osm_heap_owns(heap, p) && !osm_heap_owns(heap, block->p + GRANULE / 2));
	for (int i = 0; i < live_count; i++)
		claim(&live[i] == block || live[i].p + live[i].n <= block->p || block->p + block->n <= live[i].p);
	memset(p, block->mark, block->n);
}

static void place(struct osm_heap *heap, void *p, size_t n, size_t align)
{
	if (p && live_count < LIVE_MAX)
		adopt(heap, &live[live_count++], p, n, align);
}

static void clear(struct osm_heap *heap, size_t n)
{
	unsigned char *p = osm_heap_calloc(heap, 1, n);

	claim(!p || p[0] == 0);
	place(heap, p, n, GRANULE);
}

static void drop(struct osm_heap *heap, int i)
{
	osm_heap_free(heap, live[i].p);
	live[i] = live[--live_count];
}

static void resize(struct osm_heap *heap, struct live *block, size_t n, size_t at_least)
{
	unsigned char *p = osm_heap_realloc(heap, block->p, n);
	size_t kept;

	if (!p)
		return;
	kept = osm_heap_usable_size(heap, p);
	kept = kept < block->n ? kept : block->n;
	claim(p[0] == block->mark && p[(kept < at_least ? kept : at_least) - 1] == block->mark);
	adopt(heap, block, p, n, GRANULE);
}

static void look(struct osm_heap *heap)
{
	struct osm_fault fault;

	if (arena.brk + 16 <= arena.maps)
		claim_untouched((const uint64_t *)(uintptr_t)(arena.brk + (-(uintptr_t)arena.brk & 7)));
	for (int i = 0; i < live_count; i++)
		claim(live[i].p[0] == live[i].mark && live[i].p[live[i].n - 1] == live[i].mark);
	claim(osm_heap_check(heap, &fault));
}

/* A heap with a large free block at its start and one before its end, and small live blocks between them. */
static void fragment(struct osm_heap *heap)
{
	for (int i = 2; i < 7; i++) {
		size_t n = (size_t)Frama_C_interval((int)least[i % 3], (int)most[i % 3]);

		place(heap, osm_heap_alloc(heap, n), n, GRANULE);
	}
	drop(heap, 3);
	drop(heap, 0);
}

static void step(struct osm_heap *heap, int call, int i, int size)
{
	size_t n = (size_t)Frama_C_interval((int)least[size], (int)most[size]);

	switch (call) {
	case 0:
		place(heap, osm_heap_alloc(heap, n), n, GRANULE);
		break;
	case 1:
		clear(heap, n);
		break;
	case 2:
		place(heap, osm_heap_alloc_aligned(heap, ALIGNMENT, n), n, ALIGNMENT);
		break;
	case 3:
		osm_heap_trim(heap, 0);
		forget(arena.brk + (-(uintptr_t)arena.brk & 15), arena.maps);
		break;
	case 4:
		drop(heap, i);
		break;
	default:
		resize(heap, &live[i], n, least[size]);
		break;
	}
	look(heap);
}

int main(void)
{
	struct osm_config config = {.map_threshold = MAP_THRESHOLD, .trim_threshold = SIZE_MAX};
	struct osm_stats stats;
	struct osm_heap *heap;
	int steps = STEPS_FRESH;

	forget((char *)ARENA, (char *)ARENA + ARENA_BYTES);
	osm_arena_init(&arena, (void *)ARENA, ARENA_BYTES);
	arena.backend.page_size = PAGE;
	heap = osm_heap_create(&POLICY, &arena.backend, &config);
	claim(heap != NULL);
	if (Frama_C_nondet(0, 1)) {
		fragment(heap);
		look(heap);
		steps = STEPS_FRAGMENTED;
	}
	while (steps-- > 0) {
		int call = Frama_C_interval(0, live_count > 0 ? 5 : 3);
		int i = 0, size = 0;

		//@ split call;
		if (call >= 4)
			i = Frama_C_interval(0, live_count - 1);
		//@ split i;
		if (call == 0 || call == 5)
			size = Frama_C_interval(0, SIZES - 1);
		//@ split size;
		step(heap, call, i, size);
	}
	osm_heap_tally(heap, &stats);
	claim(stats.live_blocks == (size_t)live_count);
	osm_heap_destroy(heap);
	claim(arena.maps == arena.end);
	return 0;
}
