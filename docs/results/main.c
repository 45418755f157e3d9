/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the classic results again: `results TRACE...`, figures on standard output.
 */
#include "docs/results/results.h"

#include <stdio.h>

const char *const result_policies[RESULT_POLICIES] = {"best-fit", "first-fit", "best-fit-lifo", "next-fit", "buddy"};

size_t random_below(size_t n)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005U + 1442695040888963407U;
	return (size_t)(state >> 33) % n;
}

struct osm_heap *result_heap(const char *policy)
{
	const struct osm_config config = {
		.growth = OSM_GROWTH_EXACT,
		.map_threshold = SIZE_MAX,
		.trim_threshold = SIZE_MAX,
	};
	const struct osm_policy *found = osm_policy_find(policy, "bitmap");
	struct osm_heap *heap =
		osm_heap_create(found ? found : osm_policy_find(policy, NULL), osm_backend_find("mmap"), &config);

	if (!heap)
		give_up("there is no heap of %s", policy);
	return heap;
}

int main(int argc, char **argv)
{
	run_fifty();
	run_attack();
	run_worst();
	run_programs(argc - 1, argv + 1);
	return 0;
}
