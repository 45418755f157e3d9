/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * No policy is the best for every program: a stream for which best fit needs more memory than first fit, and one the
 * other way round. A heap that buys only what is missing tells how much each needs.
 */
#include "exercise.h"

#include <stdlib.h>

/* Play a stream such as "a100 b20 fa" and return the bytes that the heap bought. */
static size_t bytes_for(const char *policy, const char *stream)
{
	struct osm_heap *heap = exercise_heap(policy, "bitmap", 0);
	struct osm_stats stats;
	void *slots[26] = {NULL};

	for (const char *word = stream; word; word = strchr(word, ' '), word += word != NULL) {
		if (word[0] == 'f' && word[1] >= 'a' && word[1] <= 'z')
			osm_heap_free(heap, slots[word[1] - 'a']);
		else
			slots[word[0] - 'a'] = osm_heap_alloc(heap, strtoul(word + 1, NULL, 10));
	}
	osm_heap_stats(heap, &stats);
	return stats.heap_bytes;
}

int main(void)
{
	const char *best_loses = "a144 b48 c112 fc fa d96 fb e48 f80 g16 h80";
	const char *first_loses = "a112 b112 fa c48 fb d144 e16 fd f16 g144";

	assert(bytes_for("best-fit", best_loses) == 384 && bytes_for("first-fit", best_loses) == 320);
	assert(bytes_for("best-fit", first_loses) == 224 && bytes_for("first-fit", first_loses) == 352);
	return 0;
}
