/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that write to blocks which they have freed, and beyond the end of blocks: each word that a free block may keep
 * for its policy gets a set of values, in every policy and layout, and then the heap is used. It may report, and it may
 * lose memory. It may not crash, walk on for ever, give out what somebody holds, or touch what somebody holds.
 */
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 *     | S | 40 | S | 120 | S | 900 | S | 9000 | S | 40 | ...        S: a separator, which stays live
 */
#define SEAL 0x9E3779B97F4A7C15U /* of policies/node.h */

enum { SIZES = 4, OF_EACH = 5, FREED = SIZES * OF_EACH, LIVE = 2 * FREED + 64, SEPARATOR = 24, FILL = 0xa5 };

static const size_t sizes[SIZES] = {40, 120, 900, 9000};

struct piece {
	unsigned char *p;
	size_t n;
};

static struct world world;
static struct piece live[LIVE];
static unsigned live_count;
static unsigned char *freed[FREED];
static unsigned reports;
static bool is_forged;  /* then all that counts is that calls return */
static char doing[200]; /* for who has to be stopped */

static void count_report(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	(void)call;
	if (fault->kind != OSM_FAULT_DAMAGED && fault->kind != OSM_FAULT_INTERNAL)
		fail_msg("%s: reported as %s", doing, osm_fault_name(fault->kind));
	reports++;
}

static void stop(int signal)
{
	(void)signal;
	write(2, doing, strlen(doing));
	write(2, ": does not end\n", 15);
	_exit(1);
}

/* Note a block that is live from now on. It may not overlap another. */
static void hold(unsigned char *p, size_t n)
{
	assert_true(live_count < LIVE);
	for (unsigned i = 0; i < live_count; i++)
		if (p < live[i].p + live[i].n && live[i].p < p + n && !is_forged)
			fail_msg("%s: %p was given out, and is held", doing, (void *)p);
	memset(p, FILL, n);
	live[live_count++] = (struct piece){p, n};
}

static unsigned char *obtain(size_t align, size_t n)
{
	unsigned char *p = align ? osm_heap_alloc_aligned(world.heap, align, n) : osm_heap_alloc(world.heap, n);

	if (p)
		hold(p, n);
	return p;
}

/* Give back the block of this number, or what a heap that met damage left of it. */
static void give_back(unsigned i)
{
	struct piece piece = live[i];
	unsigned before = reports;

	for (size_t at = 0; at < piece.n; at++)
		if (piece.p[at] != FILL && !is_forged)
			fail_msg("%s: byte %zu of a live block has changed", doing, at);
	live[i] = live[--live_count];
	osm_heap_free(world.heap, piece.p);
	if (reports > before && osm_heap_owns(world.heap, piece.p))
		live[live_count++] = piece;
}

static void open_heap(const struct cell *cell)
{
	struct osm_config config = {.map_threshold = SIZE_MAX, .preallocate = 256 << 10};

	world_open(&world, cell, &config, NULL);
	live_count = reports = 0;
	for (unsigned i = 0; i < FREED; i++) {
		freed[i] = osm_heap_alloc(world.heap, sizes[i % SIZES]);
		assert_non_null(freed[i]);
		assert_non_null(obtain(0, SEPARATOR));
	}
	for (unsigned i = 0; i < FREED; i++)
		osm_heap_free(world.heap, freed[(i * 7 + 3) % FREED]);
	assert_true(osm_heap_check(world.heap, NULL));
}

static bool visit(const struct osm_block *block, void *context)
{
	(void)block;
	return ++*(size_t *)context < 100000;
}

/* All that a heap can be asked for. */
static void use_heap(void)
{
	size_t seen = 0;
	void *moved;

	for (unsigned i = 0; i < 3; i++) {
		for (unsigned j = 0; j < SIZES; j++)
			obtain(0, sizes[j] - 3 * i);
		obtain(64, sizes[i]);
	}
	for (unsigned i = 0; i < FREED / 2; i++)
		give_back(i);
	moved = osm_heap_realloc(world.heap, live[0].p, 300);
	if (moved) {
		live[0] = live[--live_count];
		hold(moved, 300);
	}
	osm_heap_trim(world.heap, 0);
	osm_heap_walk(world.heap, visit, &seen);
	assert_true(seen < 100000);
	for (unsigned i = 0; i < live_count; i += 2)
		give_back(i);
	obtain(0, 20000);
	osm_heap_check(world.heap, NULL);
}

static void close_heap(void)
{
	osm_heap_destroy(world.heap);
}

/* One act: `bytes` bytes at `at` become those of `value`. Was it found by the check? */
static bool damage(const struct cell *cell, unsigned block, size_t offset, size_t bytes, uint64_t value)
{
	struct osm_fault fault;
	bool is_sound;

	snprintf(doing, sizeof doing, "%s: block %u at %zu gets %#llx, %zu bytes", cell->name, block, offset,
	         (unsigned long long)value, bytes);
	alarm(20);
	memcpy(freed[block] + offset, &value, bytes);
	is_sound = osm_heap_check(world.heap, &fault);
	if (!is_sound && fault.kind != OSM_FAULT_DAMAGED && fault.kind != OSM_FAULT_INTERNAL)
		fail_msg("%s: the check finds %s", doing, osm_fault_name(fault.kind));
	use_heap();
	alarm(0);
	return !is_sound;
}

/* What a word may be overwritten with: made out of what was there and of where two free blocks lie. */
enum value {
	ZERO,
	ONE,
	ONES,
	TEXT,
	WILD,
	SELF,
	SELF_HEADER,
	OTHER,
	OTHER_HEADER,
	OTHER_ASKEW,
	OTHER_OFF,
	FLIPPED,
	FLIPPED_HIGH,
	VALUES
};

static uint64_t value_of(enum value value, uint64_t old, const unsigned char *self, const unsigned char *other)
{
	switch (value) {
	case ONE:
		return 1;
	case ONES:
		return UINT64_MAX;
	case TEXT:
		return 0x6867666564636261;
	case WILD:
		return 0x00007fffdeadbee0;
	case SELF:
		return (uintptr_t)self;
	case SELF_HEADER:
		return (uintptr_t)self - 4;
	case OTHER:
		return (uintptr_t)other;
	case OTHER_HEADER:
		return (uintptr_t)other - 8;
	case OTHER_ASKEW:
		return (uintptr_t)other + 3;
	case OTHER_OFF:
		return (uintptr_t)other + 16;
	case FLIPPED:
		return old ^ 0x10;
	case FLIPPED_HIGH:
		return old ^ 0x80000000;
	default:
		return 0;
	}
}

static void words_of_free_blocks_overwritten(void **state)
{
	const struct cell *cell = *state;
	bool keeps_nothing = strstr(cell->policy->name, "first-fit") || strstr(cell->policy->name, "next-fit") ||
	                     strcmp(cell->policy->name, "best-fit-scan") == 0;
	unsigned silent = 0;

	osm_set_error_handler(count_report);
	for (unsigned block = 0; block < FREED; block++) {
		unsigned found = 0;

		for (size_t bytes = 4; bytes <= 8; bytes *= 2)
			for (size_t offset = 0; offset < 16; offset += bytes)
				for (enum value value = 0; value < VALUES; value++) {
					uint64_t old = 0;

					open_heap(cell);
					memcpy(&old, freed[block] + offset, bytes);
					found += damage(cell, block, offset, bytes,
					                value_of(value, old, freed[block], freed[(block + SIZES) % FREED]));
					close_heap();
				}
		silent += found == 0;
	}
	osm_set_error_handler(NULL);
	/* A tree has nothing to say of the block that is not in it: one a size, and the one that came last. */
	if (keeps_nothing)
		assert_int_equal(silent, FREED);
	else
		assert_in_range(silent, 0, SIZES + 1);
}

/* Links that are as good as the policy's own, but wrong, made by who knows how links are sealed. */
static void links_forged(void **state)
{
	const struct cell *cell = *state;

	is_forged = true;
	osm_set_error_handler(count_report);
	for (unsigned block = 0; block < FREED; block++)
		for (unsigned from = 0; from <= FREED; from++)
			for (unsigned to = block % SIZES; to < FREED; to += SIZES)
				for (unsigned side = 0; side < 2; side++) {
					bool is_near = cell->policy->layout && strcmp(cell->policy->layout, "tag") == 0;
					size_t bytes = is_near ? 4 : 8;
					uint64_t old = 0, change;

					if (from < FREED && (from % SIZES != block % SIZES || from == to))
						continue;
					open_heap(cell);
					change = (uintptr_t)freed[to] - (uintptr_t)freed[from < FREED ? from : block];
					memcpy(&old, freed[block] + bytes * side, bytes);
					damage(cell, block, bytes * side, bytes, old + (is_near ? change >> 1 : change) * SEAL);
					close_heap();
				}
	osm_set_error_handler(NULL);
	is_forged = false;
}

static const struct suite_test tests[] = {
	{"words_of_free_blocks_overwritten", words_of_free_blocks_overwritten, NULL, "mock"},
	{"links_forged", links_forged, NULL, "mock"},
};

int main(void)
{
	signal(SIGALRM, stop);
	return suite_run("damage", tests, COUNT_OF(tests));
}
