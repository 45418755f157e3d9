/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The threshold of large blocks, and the numbers of a trace.
 */
#define OSM_EMBEDDED
#include "framework/heap_core.h"
#include "framework/trace/code.h"
#include "prove.h"

void prove_code_unfold(uint64_t distance)
{
	claim(code_unfold(code_fold(distance)) == distance);
	claim(code_fold(code_unfold(distance)) == distance);
}

void prove_code_fold(uint64_t distance)
{
	claim(code_unfold(code_fold(distance)) == distance);
	/* Small distances of either sign are small numbers. */
	claim(distance >> 63 || code_fold(distance) == 2 * distance);
	claim(!(distance >> 63) || code_fold(distance) == 2 * -distance - 1);
}

void prove_code_number(uint64_t n)
{
	unsigned char bytes[10], *end = code_number(bytes, n);
	uint64_t read = 0;

	/* A number of 64 bits has ten bytes at most: the room that CODE_MOST counts with. */
	claim(end > bytes && end <= bytes + sizeof bytes);
	for (unsigned i = 0; i < sizeof bytes; i++)
		if (bytes + i < end)
			read |= (uint64_t)(bytes[i] & 0x7F) << 7 * i;
	claim(read == n);
}

void prove_core_is_large(size_t n, size_t threshold)
{
	struct osm_heap heap;

	heap.config.granule = (size_t)1 << each(3, 12);
	assume(n <= OSM_REQUEST_MAX);
	claim(core_is_large(&heap, n, threshold) ==
	      (threshold != SIZE_MAX && heap.config.granule <= sizeof(struct block_meta) &&
	       threshold <=
	           (n + sizeof(struct block_meta) + heap.config.granule - 1) / heap.config.granule * heap.config.granule));
}
