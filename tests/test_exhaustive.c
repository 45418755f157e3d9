/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All sequences of operations up to a length, on a heap of a few hundred bytes: each policy, in each layout, with its
 * index and without, decides as the oracle does after every operation, and finds its heap in order.
 *
 * Sequences that lead to the same bytes go on in the same way, so only the first of them does. The bytes are those of the
 * policy's state, of its metadata and of the whole heap; what the oracle knows is compared too. A line for each policy
 * says how many sequences that were:
 *
 *     exhaustive: first-fit/tag granule 16: length 6, 1234567 sequences, 12345 operations done
 */
#include "support/pair.h"
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_BYTES 320
#define OWN_BYTES 65536
#define GRANULE_SLOW 16
#define CELLS 256
#define LENGTH_MAX 12
#define PLACES ((size_t)1 << 22) /* the most; a power of two */

/*
 * The length for all granules, and with slow=1 for the most usual one: measured, so that all of them together take four
 * seconds and a minute. Each further operation takes nine times as long.
 */
#define LENGTH (THRIFT == 1 ? 5 : 4)
#define LENGTH_SLOW (LENGTH + 2)

/* What can be asked of a heap: blocks of three sizes, and one that is aligned to more than a granule. */
static const size_t sizes[] = {8, 24, 56};

#define ALIGNED_SIZE 24
#define ALIGNED_GRANULES 4

struct cell {
	const struct osm_policy *policy;
	size_t granule;
};

/* A copy of everything that an operation changes. */
struct snapshot {
	struct rig rig;
	struct pair_live live[LENGTH_MAX];
	size_t live_count;
	struct oracle oracle;
	char memory[HEAP_BYTES];
	char own[OWN_BYTES];
};

/* How many sequences of a length begin in a state: the key is a hash of both, 0 if the place is empty. */
struct place {
	uint64_t key, sequences;
};

static _Alignas(4096) char memory[HEAP_BYTES], own[OWN_BYTES];
static struct snapshot snapshots[LENGTH_MAX + 1];
static struct place *places;
static struct pair pair;
static size_t operations, used, room; /* of the places, so many are in use, and so many can be */

/* ---- States */

static void save(struct snapshot *to)
{
	memcpy(&to->rig, &pair.rig, offsetof(struct rig, state) + pair.rig.policy->state_size);
	memcpy(to->live, pair.live, sizeof *pair.live * pair.live_count);
	to->live_count = pair.live_count;
	oracle_copy(&to->oracle, &pair.oracle);
	memcpy(to->memory, memory, sizeof memory);
	memcpy(to->own, own, pair.rig.own_used);
}

static void restore(const struct snapshot *from)
{
	memcpy(&pair.rig, &from->rig, offsetof(struct rig, state) + pair.rig.policy->state_size);
	memcpy(pair.live, from->live, sizeof *pair.live * from->live_count);
	pair.live_count = from->live_count;
	oracle_copy(&pair.oracle, &from->oracle);
	memcpy(memory, from->memory, sizeof memory);
	memcpy(own, from->own, pair.rig.own_used);
}

static uint64_t mixed(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
	return hash ^ hash >> 29;
}

static uint64_t with_bytes(uint64_t hash, const void *bytes, size_t n)
{
	uint64_t word;

	for (size_t i = 0; i + sizeof word <= n; i += sizeof word) {
		memcpy(&word, (const char *)bytes + i, sizeof word);
		hash = mixed(hash, word);
	}
	word = 0;
	memcpy(&word, (const char *)bytes + n / sizeof word * sizeof word, n % sizeof word);
	return mixed(hash, word);
}

/* How many free blocks were freed before this one: all that the oracle makes of its count of frees. */
static size_t rank(const struct oracle *oracle, const struct oracle_block *block)
{
	size_t rank = 0;

	for (size_t i = 0; i < oracle->count; i++)
		rank += oracle->blocks[i].free && oracle->blocks[i].pushed < block->pushed;
	return block->free ? rank : SIZE_MAX;
}

static uint64_t with_oracle(uint64_t hash, const struct oracle *oracle)
{
	hash = mixed(hash, oracle->rover);
	for (size_t i = 0; i < oracle->count; i++) {
		const struct oracle_block *block = oracle->blocks + i;

		hash = mixed(mixed(mixed(mixed(hash, block->start), block->bytes), block->region), rank(oracle, block));
	}
	return hash;
}

/* The state, whatever order its live blocks are listed in, and how many operations are to come. */
static uint64_t key_of_state(unsigned left)
{
	const struct rig *rig = &pair.rig;
	uint64_t hash = mixed(left + 1, rig->own_used), live = 0;

	hash = with_bytes(hash, rig->state, rig->policy->state_size);
	hash = with_bytes(hash, rig->region, rig->region_count * sizeof *rig->region);
	hash = with_bytes(hash, memory, sizeof memory);
	hash = with_bytes(hash, own, rig->own_used);
	hash = with_oracle(hash, &pair.oracle);
	for (size_t i = 0; i < pair.live_count; i++)
		live += mixed(mixed(1, (uintptr_t)pair.live[i].p), pair.live[i].n);
	return mixed(hash, live) | 1;
}

static struct place *place_of(uint64_t key)
{
	size_t i = (size_t)(key >> 20) & (room - 1);

	while (places[i].key && places[i].key != key)
		i = (i + 1) & (room - 1);
	return places + i;
}

/* ---- Sequences */

/* Do the kth operation that is possible now; false: there are not so many. */
static bool do_possible(size_t k)
{
	if (k < COUNT_OF(sizes)) {
		pair_alloc(&pair, sizes[k], pair.rig.config.granule);
		return true;
	}
	if (k == COUNT_OF(sizes)) {
		pair_alloc(&pair, ALIGNED_SIZE, ALIGNED_GRANULES * pair.rig.config.granule);
		return true;
	}
	k -= COUNT_OF(sizes) + 1;
	if (k < pair.live_count) {
		pair_free(&pair, k);
		return true;
	}
	k -= pair.live_count;
	if (k < pair.live_count * COUNT_OF(sizes)) {
		pair_resize(&pair, k / COUNT_OF(sizes), sizes[k % COUNT_OF(sizes)]);
		return true;
	}
	return false;
}

/* Do all sequences of `left` operations from here on; returns how many there are. */
static uint64_t do_all(unsigned left)
{
	uint64_t key = key_of_state(left), sequences = 0;
	const struct place *known = place_of(key);

	if (left == 0)
		return 1;
	if (known->key)
		return known->sequences;
	save(snapshots + left);
	for (size_t k = 0; do_possible(k); k++) {
		operations++;
		pair_compare(&pair);
		pair_check(&pair);
		sequences += do_all(left - 1);
		restore(snapshots + left);
	}
	assert_true(++used < room / 4 * 3);
	*place_of(key) = (struct place){key, sequences};
	return sequences;
}

static void all_sequences_as_oracle(void **state)
{
	const struct cell *cell = *state;
	const char *slow = getenv("OSM_SLOW");
	bool is_slow = slow && strcmp(slow, "1") == 0 && cell->granule == GRANULE_SLOW;
	unsigned length = is_slow ? LENGTH_SLOW : LENGTH;
	struct rig_space space = {memory, HEAP_BYTES, HEAP_BYTES, 0, own, OWN_BYTES, false};
	uint64_t sequences;

	room = is_slow ? PLACES : PLACES / 64;
	memset(places, 0, room * sizeof *places);
	memset(memory, 0, sizeof memory);
	operations = used = 0;
	pair_begin(&pair, cell->policy, cell->granule, &space);
	sequences = do_all(length);
	printf("exhaustive: %s/%s granule %zu: length %u, %llu sequences, %zu operations done\n", cell->policy->name,
	       cell->policy->layout, cell->granule, length, (unsigned long long)sequences, operations);
	assert_true(sequences >= 1000);
}

int main(void)
{
	static struct CMUnitTest tests[CELLS];
	static struct cell cells[CELLS];
	static char names[CELLS][64];
	size_t count = 0;
	int failed;

	places = calloc(PLACES, sizeof *places);
	for (const struct osm_policy *const *p = osm_policies(); *p; p++) {
		for (size_t granule = (*p)->granule_min; granule <= (*p)->granule_max && granule <= 64; granule *= 2) {
			if (!oracle_begin(&pair.oracle, (*p)->name, (*p)->layout ? (*p)->layout : "", granule))
				continue;
			if (!places || count == CELLS)
				abort();
			cells[count] = (struct cell){*p, granule};
			snprintf(names[count], sizeof *names, "%s/%s granule %zu", (*p)->name, (*p)->layout, granule);
			tests[count] = (struct CMUnitTest){names[count], all_sequences_as_oracle, NULL, NULL, cells + count};
			count++;
		}
	}
	failed = _cmocka_run_group_tests("exhaustive", tests, count, NULL, NULL);
	free(places);
	return failed != 0;
}
