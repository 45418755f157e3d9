/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All sequences of STEPS_FRESH calls on a heap in an arena, and of STEPS_FRAGMENTED on one with free blocks between live
 * ones, each with all sizes of some ranges; and one longer life. It is for Frama-C's analysis by abstract interpretation
 * (EVA), which runs them all at once. eva.py says with which policy, layout and index.
 *
 * The arena lies at a fixed address, ARENA, and is all the memory there that may be accessed. So an address is a number,
 * and what the library computes of addresses is exact. Nothing was ever written to it. What a call is asked for is a
 * choice; the analysis goes on with each value of it separately, but for sizes: those of a range that come to the same
 * block stay together.
 *
 * After each call: no two live blocks overlap, each is aligned and holds what was written to it, the byte behind the
 * region is untouched, and the heap's own check is content. Nothing may be reported.
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

/*@ requires !\initialized(p); */
static void claim_untouched(const char *p)
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

	if (arena.brk < arena.maps)
		claim_untouched(arena.brk);
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

/* One longer life, without mappings: enough free blocks of several sizes for trees to turn, blocks that come home in
 * another order than they went, one that grows step by step, and large ones. */
static void live_long(struct osm_heap *heap)
{
	static const int first[] = {225, 193, 161, 129, 97}, again[] = {129, 225, 97};
	static const int grown[] = {24, 56, 120, 1096};

	for (int i = 0; i < 10; i++) {
		size_t n = (size_t)(i % 2 ? Frama_C_interval(1, 12) : Frama_C_interval(first[i / 2], first[i / 2] + 7));

		place(heap, osm_heap_alloc(heap, n), n, GRANULE);
	}
	for (int i = 8; i >= 0; i -= 2)
		drop(heap, i);
	look(heap);
	for (int i = 0; i < 3; i++) {
		size_t n = (size_t)Frama_C_interval(again[i], again[i] + 7);

		place(heap, osm_heap_alloc(heap, n), n, GRANULE);
	}
	look(heap);
	for (int i = 0; i < 4; i++)
		resize(heap, &live[0], (size_t)Frama_C_interval(grown[i] - 7, grown[i]), (size_t)grown[i] - 7);
	place(heap, osm_heap_alloc(heap, 2000), 2000, GRANULE);
	resize(heap, &live[live_count - 1], 1000, 1000);
	look(heap);
	while (live_count > 0)
		drop(heap, live_count / 2);
	look(heap);
	osm_heap_trim(heap, 0);
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
		forget(arena.brk, arena.maps);
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

static struct osm_heap *begin(size_t map_threshold)
{
	struct osm_config config = {.map_threshold = map_threshold, .trim_threshold = SIZE_MAX};
	struct osm_heap *heap;

	forget((char *)ARENA, (char *)ARENA + ARENA_BYTES);
	osm_arena_init(&arena, (void *)ARENA, ARENA_BYTES);
	arena.backend.page_size = PAGE;
	heap = osm_heap_create(&POLICY, &arena.backend, &config);
	claim(heap != NULL);
	return heap;
}

static void end(struct osm_heap *heap)
{
	struct osm_stats stats;

	osm_heap_tally(heap, &stats);
	claim(stats.live_blocks == (size_t)live_count);
	osm_heap_destroy(heap);
	claim(arena.maps == arena.end);
}

int main(void)
{
	struct osm_heap *heap;
	int steps = STEPS_FRESH;

	if (Frama_C_nondet(0, 1)) {
		heap = begin(SIZE_MAX);
		live_long(heap);
		end(heap);
		return 0;
	}
	heap = begin(MAP_THRESHOLD);
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
	end(heap);
	return 0;
}
