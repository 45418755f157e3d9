/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The oracle's buddy system (Knowlton 1965; Knuth 1973, vol. 1, 2.5): blocks of 2^k bytes at multiples of 2^k.
 *
 * The buddy of a block is at its address with bit k turned over. "Most recently freed" is the highest number in
 * `pushed`.
 */
#include "oracle.h"

size_t buddy_oracle_size(const struct oracle *oracle, size_t n)
{
	size_t bytes = oracle->granule;

	while (bytes < n)
		bytes *= 2;
	return bytes;
}

/* The free buddy of block i as a whole, or `count`. */
static size_t free_buddy(const struct oracle *oracle, size_t i)
{
	const struct oracle_block *block = oracle->blocks + i;
	uintptr_t address = block->start ^ block->bytes;

	for (size_t j = i > 0 ? i - 1 : i; j <= i + 1 && j < oracle->count; j++) {
		const struct oracle_block *other = oracle->blocks + j;

		if (other->start == address && other->bytes == block->bytes && other->region == block->region && other->free)
			return j;
	}
	return oracle->count;
}

/* Block i, free already, takes in its buddy while that is free; the result is the most recently freed. */
static void merge_and_push(struct oracle *oracle, size_t i)
{
	size_t j = free_buddy(oracle, i);

	while (j != oracle->count) {
		i = i < j ? i : j;
		oracle->blocks[i].bytes *= 2;
		oracle_remove(oracle, i + 1);
		j = free_buddy(oracle, i);
	}
	oracle->blocks[i].pushed = ++oracle->pushes;
}

/* Block i is halved until it has `bytes`, its lower half each time; the upper halves become free, largest first. */
static void split_down(struct oracle *oracle, size_t i, size_t bytes)
{
	while (oracle->blocks[i].bytes > bytes) {
		struct oracle_block upper = oracle->blocks[i];

		upper.bytes /= 2;
		upper.start += upper.bytes;
		upper.free = true;
		upper.pushed = ++oracle->pushes;
		oracle->blocks[i].bytes = upper.bytes;
		oracle_insert(oracle, i + 1, &upper);
	}
}

void buddy_oracle_extend(struct oracle *oracle, uintptr_t from, uintptr_t end)
{
	struct oracle_block block = {.start = from, .region = oracle->region_count - 1, .free = true};

	for (; block.start + oracle->granule <= end; block.start += block.bytes) {
		size_t i = 0;

		block.bytes = oracle->granule;
		while (block.start % (block.bytes * 2) == 0 && block.start + block.bytes * 2 <= end)
			block.bytes *= 2;
		while (i < oracle->count && oracle->blocks[i].start < block.start)
			i++;
		oracle_insert(oracle, i, &block);
		merge_and_push(oracle, i);
	}
}

uintptr_t buddy_oracle_alloc(struct oracle *oracle, size_t n, size_t align)
{
	size_t bytes = buddy_oracle_size(oracle, n);
	size_t suffices = buddy_oracle_size(oracle, n > align ? n : align);
	size_t chosen = oracle->count;

	for (size_t i = 0; i < oracle->count; i++) {
		const struct oracle_block *block = oracle->blocks + i;
		const struct oracle_block *best = oracle->blocks + chosen;

		if (!block->free || block->bytes < suffices)
			continue;
		if (chosen == oracle->count || block->bytes < best->bytes ||
		    (block->bytes == best->bytes && block->pushed > best->pushed))
			chosen = i;
	}
	if (chosen == oracle->count)
		return 0;
	oracle->blocks[chosen].free = false;
	split_down(oracle, chosen, bytes);
	return oracle->blocks[chosen].start;
}

void buddy_oracle_free(struct oracle *oracle, size_t at)
{
	oracle->blocks[at].free = true;
	merge_and_push(oracle, at);
}

bool buddy_oracle_resize(struct oracle *oracle, size_t at, size_t n)
{
	struct oracle_block *block = oracle->blocks + at;
	size_t bytes = buddy_oracle_size(oracle, n);
	size_t upper = 0;
	size_t has;

	for (has = block->bytes; has < bytes; has *= 2) {
		const struct oracle_block *next = block + ++upper;

		if (block->start % (has * 2) != 0 || at + upper >= oracle->count)
			return false;
		if (!next->free || next->start != block->start + has || next->bytes != has || next->region != block->region)
			return false;
	}
	while (upper-- > 0)
		oracle_remove(oracle, at + 1);
	block->bytes = has;
	split_down(oracle, at, bytes);
	return true;
}
