/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend over a backend: it hands every call on to another one, and counts. Its state lies behind the contract,
 * which is the first member, so that `self` leads back to it.
 */
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdio.h>

//! [state]
struct counting {
	struct osm_backend backend;
	struct osm_backend *under;
	unsigned calls, refusals;
	size_t bytes; /* grown and mapped and not given back */
};

static struct counting *counting_of(struct osm_backend *self)
{
	return (struct counting *)self;
}
//! [state]

/* Count a call that gave `n` bytes more, or refused. */
static void *count(struct counting *counting, void *got, size_t n)
{
	counting->calls++;
	if (got)
		counting->bytes += n;
	else
		counting->refusals++;
	return got;
}

//! [slots]
static void *counting_grow(struct osm_backend *self, void *end, size_t n, size_t *reach)
{
	struct osm_backend *under = counting_of(self)->under;

	return count(counting_of(self), under->grow(under, end, n, reach), n);
}

static void *counting_map(struct osm_backend *self, size_t n, size_t align)
{
	struct osm_backend *under = counting_of(self)->under;

	return count(counting_of(self), under->map(under, n, align), n);
}

static void counting_unmap(struct osm_backend *self, void *p, size_t n)
{
	struct osm_backend *under = counting_of(self)->under;

	under->unmap(under, p, n);
	counting_of(self)->calls++;
	counting_of(self)->bytes -= n;
}

static void *counting_remap(struct osm_backend *self, void *p, size_t from, size_t to)
{
	struct osm_backend *under = counting_of(self)->under;

	return count(counting_of(self), under->remap(under, p, from, to), to - from);
}

static void counting_release(struct osm_backend *self, void *start, size_t n, size_t reach)
{
	struct osm_backend *under = counting_of(self)->under;

	under->release(under, start, n, reach);
	counting_of(self)->calls++;
	counting_of(self)->bytes -= n;
}

static bool counting_trim(struct osm_backend *self, void *end, size_t n)
{
	struct osm_backend *under = counting_of(self)->under;
	bool done = under->trim(under, end, n);

	counting_of(self)->calls++;
	counting_of(self)->bytes -= done ? n : 0;
	return done;
}

/* The addresses stay with the heap, so the bytes do not count as given back. */
static bool counting_purge(struct osm_backend *self, void *p, size_t n)
{
	struct osm_backend *under = counting_of(self)->under;

	counting_of(self)->calls++;
	return under->purge(under, p, n);
}
//! [slots]

//! [init]
/* What is optional is there only if the backend underneath has it. */
static void counting_init(struct counting *counting, struct osm_backend *under)
{
	*counting = (struct counting){.under = under};
	counting->backend = (struct osm_backend){
		.name = "counting",
		.summary = "counts the calls to another backend",
		.page_size = under->page_size,
		.promises = under->promises,
		.grow = counting_grow,
		.map = counting_map,
		.unmap = counting_unmap,
		.remap = under->remap ? counting_remap : NULL,
		.release = under->release ? counting_release : NULL,
		.trim = under->trim ? counting_trim : NULL,
		.purge = under->purge ? counting_purge : NULL,
	};
}
//! [init]

/* How often a heap that grows like this asks for memory while it comes to hold 1000 blocks. */
static int fill(enum osm_growth growth, const char *name)
{
	static char memory[1 << 20];
	struct osm_config config = {.growth = growth};
	struct counting counting;
	struct osm_arena arena;
	struct osm_heap *heap;
	unsigned before;

	osm_arena_init(&arena, memory, sizeof memory);
	counting_init(&counting, &arena.backend);
	heap = osm_heap_create(osm_policy_find("next-fit-scan", "tag"), &counting.backend, &config);
	if (!heap)
		return 1;
	before = counting.calls;
	for (int i = 0; i < 1000; i++)
		if (!osm_heap_alloc(heap, 500))
			return 1;
	printf("%s growth: %u calls, %u refused", name, counting.calls - before, counting.refusals);
	osm_heap_destroy(heap);
	printf("; in the end %zu bytes are out\n", counting.bytes);
	return 0;
}

int main(void)
{
	return fill(OSM_GROWTH_EXACT, "exact") || fill(OSM_GROWTH_GEOMETRIC, "geometric");
}

/* output:
exact growth: 1000 calls, 0 refused; in the end 0 bytes are out
geometric growth: 126 calls, 0 refused; in the end 0 bytes are out
*/
