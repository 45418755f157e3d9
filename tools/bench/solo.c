/* SPDX-License-Identifier: BSD-3-Clause */
/* A policy alone behind its contract: see solo.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/bench/solo.h"

/* Address space of a region: 64 GiB, or 512 MiB where addresses are short. Halved until the system agrees. */
#define REACH_SHIFT (sizeof(size_t) > 4 ? 36 : 29)
#define PAGE ((size_t)4096)
#define LINE ((size_t)64)
#define METADATA_PIECE ((size_t)256 << 10)

/* As often as a heap pays before it calls the price too low. */
#define PURCHASES_MAX 3

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void *metadata_take(struct osm_metadata *self, size_t n)
{
	struct solo_metadata *metadata = (struct solo_metadata *)self;

	if (n > PTRDIFF_MAX - LINE)
		return NULL;
	n = (n + LINE - 1) / LINE * LINE;
	if (n > METADATA_PIECE / 4)
		return map(n);
	if ((size_t)(metadata->end - metadata->at) < n) {
		char *piece = map(METADATA_PIECE);
		if (!piece)
			return NULL;
		metadata->at = piece;
		metadata->end = piece + METADATA_PIECE;
	}
	metadata->at += n;
	return metadata->at - n;
}

bool solo_begin(struct solo *solo, const struct osm_policy *policy, size_t granule)
{
	if (granule < policy->granule_min)
		granule = policy->granule_min;
	if (granule > policy->granule_max)
		granule = policy->granule_max;
	*solo = (struct solo){.policy = policy, .metadata.source.take = metadata_take};
	solo->config = (struct osm_policy_config){
		.granule = granule,
		.regions = &solo->regions,
		.metadata = &solo->metadata.source,
		.fault = &solo->fault,
		.trusted = true,
	};
	solo->state = map(policy->state_size);
	if (solo->state)
		policy->init(solo->state, &solo->config);
	return solo->state != NULL;
}

void solo_note_peak(struct solo *solo)
{
	size_t bytes = solo->region_bytes + solo->policy->metadata_bytes(solo->state);

	if (bytes > solo->peak_bytes)
		solo->peak_bytes = bytes;
}

void solo_populate(struct solo *solo, size_t bytes)
{
	const struct osm_region *region = solo->regions.growable;
	size_t room = region ? (size_t)(region->limit - region->end) : 0;

	/* nobody has written there yet: zero is what it holds */
	for (size_t at = 0; at < bytes && at < room; at += PAGE)
		*(volatile char *)(region->end + at) = 0;
}

/* How much to grow by where `need` bytes would do and `room` are left. */
static size_t amount_for(const struct solo *solo, size_t need, size_t room)
{
	size_t amount = need;

	if (!solo->exact) {
		if (amount < solo->region_bytes / 256)
			amount = solo->region_bytes / 256;
		if (amount <= PTRDIFF_MAX - PAGE)
			amount = (amount + PAGE - 1) & ~(PAGE - 1);
	}
	return amount < room ? amount : room;
}

static bool region_grow(struct solo *solo, struct osm_region *region, size_t amount)
{
	region->bought = region->end + amount;
	if (!solo->policy->extend(solo->state, region, region->bought))
		return false;
	solo->region_bytes += amount;
	return true;
}

static bool region_begin(struct solo *solo, size_t need)
{
	if (solo->region_count == SOLO_REGIONS_MAX || need > PTRDIFF_MAX - PAGE)
		return false;
	size_t reach = (size_t)1 << REACH_SHIFT;
	char *start = NULL;
	for (; !start && reach >= need + PAGE; reach /= 2)
		start = map(reach);
	if (!start)
		return false;
	struct osm_region *region = &solo->region[solo->region_count];
	*region = (struct osm_region){.start = start, .end = start, .limit = start + 2 * reach};
	if (!region_grow(solo, region, amount_for(solo, need, 2 * reach)))
		return false;
	struct osm_region **link = &solo->regions.first;
	while (*link && (*link)->start < start)
		link = &(*link)->next;
	region->next = *link;
	*link = region;
	solo->regions.growable = region;
	solo->region_count++;
	return true;
}

static bool buy(struct solo *solo, const struct osm_shortfall *price)
{
	struct osm_region *region = solo->regions.growable;
	bool done = false;

	if (solo->closed)
		return false;
	if (region && price->more && price->more <= (size_t)(region->limit - region->end))
		done = region_grow(solo, region, amount_for(solo, price->more, (size_t)(region->limit - region->end)));
	if (!done && price->fresh)
		done = region_begin(solo, price->fresh);
	solo_note_peak(solo);
	return done;
}

void *solo_alloc_bought(struct solo *solo, size_t n, size_t align, struct osm_shortfall *price)
{
	void *p = NULL;

	for (int i = 0; !p && i < PURCHASES_MAX && buy(solo, price); i++)
		p = solo->policy->alloc(solo->state, n, align, price);
	return p;
}

void *solo_realloc_bought(struct solo *solo, void *p, size_t n, struct osm_shortfall *price)
{
	const struct osm_policy *policy = solo->policy;

	if (price->more && buy(solo, price) && policy->resize(solo->state, p, n, price))
		return p;
	size_t old = policy->usable_size(solo->state, p);
	void *moved = policy->slide && n > old ? policy->slide(solo->state, p, n) : NULL;
	if (moved)
		return moved;
	moved = solo_alloc(solo, n, solo->config.granule);
	if (moved) {
		memcpy(moved, p, old < n ? old : n);
		policy->free(solo->state, p);
	}
	return moved;
}
