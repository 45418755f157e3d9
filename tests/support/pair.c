/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy beside its oracle: see pair.h.
 */
#include "pair.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static void draw_oracle(const struct oracle *oracle, struct picture *picture)
{
	picture->length = 0;
	picture->text[0] = '\0';
	for (size_t i = 0; i < oracle->count; i++) {
		if (i > 0 && oracle->blocks[i].region != oracle->blocks[i - 1].region)
			picture_bar(picture);
		picture_add(picture, oracle->blocks[i].free ? 'F' : 'A', oracle->blocks[i].bytes - oracle->header);
	}
}

static void fail_pair(struct pair *pair, const char *what)
{
	static struct picture policy, oracle;

	rig_draw(&pair->rig, &policy);
	draw_oracle(&pair->oracle, &oracle);
	fail_msg("%s/%s, granule %zu: %s\nafter:  %s\npolicy: %s\noracle: %s", pair->rig.policy->name,
	         pair->rig.policy->layout, pair->rig.config.granule, what, pair->last, policy.text, oracle.text);
}

struct comparison {
	const struct pair *pair;
	size_t next;
	const char *problem;
};

static bool compare_block(const struct osm_block *block, void *context)
{
	struct comparison *comparison = context;
	const struct pair *pair = comparison->pair;
	const struct oracle_block *expected = pair->oracle.blocks + comparison->next++;

	if (comparison->next > pair->oracle.count)
		comparison->problem = "the policy has more blocks";
	else if ((uintptr_t)block->payload != expected->start + pair->oracle.header)
		comparison->problem = "a block lies elsewhere";
	else if (block->free != expected->free)
		comparison->problem = "a block is live here and free there";
	else if (block->size != expected->bytes - pair->oracle.header)
		comparison->problem = "a block has another size";
	else if (block->header_bytes != pair->oracle.header || block->mapped)
		comparison->problem = "a walk gives the wrong header size, or a mapped block";
	return !comparison->problem;
}

void pair_compare(struct pair *pair)
{
	struct comparison comparison = {pair, 0, NULL};
	bool whole = pair->rig.policy->walk(pair->rig.state, compare_block, &comparison);

	if (comparison.problem)
		fail_pair(pair, comparison.problem);
	if (!whole)
		fail_pair(pair, "the walk stops early");
	if (comparison.next != pair->oracle.count)
		fail_pair(pair, "the policy has fewer blocks");
}

void pair_check(struct pair *pair)
{
	struct osm_fault fault = {OSM_FAULT_NONE, NULL, NULL};
	char text[200];

	if (!pair->rig.policy->check(pair->rig.state, &fault)) {
		snprintf(text, sizeof text, "check: %s at %p: %s", osm_fault_name(fault.kind), fault.where, fault.detail);
		fail_pair(pair, text);
	}
	if (pair->rig.fault.kind != OSM_FAULT_NONE)
		fail_pair(pair, "the policy reported a fault");
	if (!rig_is_within(&pair->rig))
		fail_pair(pair, "the policy has written behind its state or its metadata");
}

void pair_begin(struct pair *pair, const struct osm_policy *policy, size_t granule, const struct rig_space *space)
{
	pair->live_count = 0;
	rig_begin(&pair->rig, policy, granule, space);
	oracle_begin(&pair->oracle, policy->name, policy->layout ? policy->layout : "", granule);
	snprintf(pair->last, sizeof pair->last, "the start");
}

/* Tells the oracle what the rig bought. */
static void extend_oracle(struct pair *pair)
{
	const struct osm_region *region = pair->rig.regions.growable;

	oracle_extend(&pair->oracle, (uintptr_t)region->start, (uintptr_t)region->end);
}

static bool pay(struct pair *pair, const struct osm_shortfall *shortfall)
{
	unsigned before = pair->rig.region_count;
	bool paid = rig_pay(&pair->rig, shortfall);

	if (paid)
		extend_oracle(pair);
	else if (pair->rig.region_count != before)
		fail_pair(pair, "the policy refuses a new region");
	return paid;
}

/* The newest region does not grow beyond its limit. */
static void respect_limit(const struct pair *pair, struct osm_shortfall *shortfall)
{
	const struct osm_region *region = pair->rig.regions.growable;

	if (region && shortfall->more > (size_t)(region->limit - region->end))
		shortfall->more = 0;
}

static void compare_prices(struct pair *pair, const struct osm_shortfall *policy, const struct osm_shortfall *oracle,
                           size_t n, size_t align)
{
	bool exact = pair->oracle.rule != ORACLE_BUDDY && align <= pair->oracle.granule && align <= 16;
	size_t enough = n + 2 * align + 4 * pair->oracle.granule + 64;
	char text[160];

	if (pair->oracle.rule == ORACLE_BUDDY)
		enough = 2 * oracle_good_size(&pair->oracle, n > align ? n : align);
	if (exact ? policy->more == oracle->more && policy->fresh == oracle->fresh
	          : policy->more <= enough && policy->fresh <= enough)
		return;
	snprintf(text, sizeof text, "the price is %zu or a fresh %zu, should be %zu or a fresh %zu%s", policy->more,
	         policy->fresh, exact ? oracle->more : enough, exact ? oracle->fresh : enough, exact ? "" : " at most");
	fail_pair(pair, text);
}

/* The same allocation on both sides; NULL if neither has room. */
static char *alloc_both(struct pair *pair, size_t n, size_t align, struct osm_shortfall *price)
{
	struct osm_shortfall expected = {0, 0};
	char *p = pair->rig.policy->alloc(pair->rig.state, n, align, price);
	uintptr_t q = oracle_alloc(&pair->oracle, n, align, &expected);

	if ((uintptr_t)p != q)
		fail_pair(pair, p && q ? "another address" : p ? "the policy finds room" : "the policy finds no room");
	respect_limit(pair, &expected);
	if (!p)
		compare_prices(pair, price, &expected, n, align);
	return p;
}

void pair_alloc(struct pair *pair, size_t n, size_t align)
{
	struct osm_shortfall price = {0, 0};
	char *p;

	snprintf(pair->last, sizeof pair->last, "alloc(%zu, %zu)", n, align);
	p = alloc_both(pair, n, align, &price);
	if (!p && pay(pair, &price)) {
		p = alloc_both(pair, n, align, &price);
		if (!p)
			fail_pair(pair, "the price was paid, and alloc refuses again");
	}
	if (!p)
		return;
	if (pair->rig.policy->usable_size(pair->rig.state, p) < n || !pair->rig.policy->owns(pair->rig.state, p))
		fail_pair(pair, "the new block is too small or not owned");
	memset(p, 0xa5, n);
	pair->live[pair->live_count].p = p;
	pair->live[pair->live_count++].n = n;
}

void pair_free(struct pair *pair, size_t i)
{
	char *p = pair->live[i].p;

	snprintf(pair->last, sizeof pair->last, "free(%p)", (void *)p);
	pair->live[i] = pair->live[--pair->live_count];
	oracle_free(&pair->oracle, (uintptr_t)p);
	if (!pair->rig.policy->free(pair->rig.state, p))
		fail_pair(pair, "free refuses");
	if (pair->rig.policy->owns(pair->rig.state, p))
		fail_pair(pair, "a freed block is owned");
}

/* The same resize on both sides; paid for if that helps and can be. */
static bool resize_both(struct pair *pair, char *p, size_t n, bool may_pay)
{
	struct osm_shortfall policy = {0, 0}, oracle = {0, 0};
	bool done = pair->rig.policy->resize(pair->rig.state, p, n, &policy);

	if (done != oracle_resize(&pair->oracle, (uintptr_t)p, n, &oracle))
		fail_pair(pair, done ? "resize succeeds" : "resize refuses");
	if (done)
		return true;
	respect_limit(pair, &oracle);
	if (pair->oracle.rule != ORACLE_BUDDY)
		compare_prices(pair, &policy, &oracle, n, 1);
	if (policy.fresh != 0)
		fail_pair(pair, "resize asks for a fresh region");
	if (!may_pay || policy.more == 0 || !rig_grow(&pair->rig, policy.more))
		return false;
	extend_oracle(pair);
	if (!resize_both(pair, p, n, false))
		fail_pair(pair, "the price was paid, and resize refuses again");
	return true;
}

/* What grows nowhere else grows downwards, or does not on either side; returns where its contents are then, or NULL. */
static char *slide_both(struct pair *pair, char *p, size_t n, size_t same)
{
	uintptr_t expected = oracle_slide(&pair->oracle, (uintptr_t)p, n);
	char *q = pair->rig.policy->slide ? pair->rig.policy->slide(pair->rig.state, p, n) : NULL;

	if ((uintptr_t)q != expected)
		fail_pair(pair, "slide leads elsewhere");
	for (size_t k = 0; q && k < same; k++) {
		if (q[k] != (char)0xa5)
			fail_pair(pair, "slide changes the contents");
	}
	return q;
}

void pair_resize(struct pair *pair, size_t i, size_t n)
{
	char *p = pair->live[i].p;
	size_t same = n < pair->live[i].n ? n : pair->live[i].n;
	bool done;

	snprintf(pair->last, sizeof pair->last, "resize(%p, %zu)", (void *)p, n);
	done = resize_both(pair, p, n, true);
	for (size_t k = 0; k < same; k++) {
		if (p[k] != (char)0xa5)
			fail_pair(pair, "resize changes the contents");
	}
	if (!done)
		p = slide_both(pair, p, n, same);
	if (!p)
		return;
	memset(p, 0xa5, n);
	pair->live[i].p = p;
	pair->live[i].n = n;
}
