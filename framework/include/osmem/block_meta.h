/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file block_meta.h
 * @brief The 32-byte header of the `meta` layout and of every mapped block.
 *
 * Memory around a payload:
 *
 *     | size  status check  prev  next | payload ........ | next header
 *     ^ header, 32 bytes               ^ what the program gets
 */
#ifndef OSMEM_BLOCK_META_H
#define OSMEM_BLOCK_META_H

#include <stddef.h>
#include <stdint.h>

/** @brief A free block on the heap. */
#define STATUS_FREE 0
/** @brief A block on the heap that a program holds. */
#define STATUS_ALLOC 1
/** @brief A block with a mapping of its own. */
#define STATUS_MAPPED 2

/**
 * @brief What stands directly before a payload.
 *
 * A program may read `size` and `status`; it writes nothing here.
 */
struct block_meta {
	size_t size __attribute__((aligned(8))); /**< Payload in bytes, without this header. */
	int status;                              /**< STATUS_FREE, STATUS_ALLOC or STATUS_MAPPED. */
	uint32_t check; /**< Seals the other fields to this address: block_meta_seal(); the framework's own. */
	struct block_meta *prev
		__attribute__((aligned(8))); /**< Heap: the block before in its region. Mapped: the framework's own. */
	struct block_meta *next
		__attribute__((aligned(8))); /**< Heap: the block after in its region. Mapped: the framework's own. */
};

/**
 * @brief What one link contributes to a seal.
 * @param link     `prev` or `next`
 * @param multiplier odd; another one for each field
 * @return a hash
 *
 * @snippet reference.c block_meta_link_hash
 */
static inline uint32_t block_meta_link_hash(const struct block_meta *link, uint64_t multiplier)
{
	return (uint32_t)(((uint64_t)(uintptr_t)link * multiplier) >> 32);
}

/** @brief Multiplier of `prev` in a seal. */
#define BLOCK_META_PREV 0x9E3779B97F4A7C15U
/** @brief Multiplier of `next` in a seal. */
#define BLOCK_META_NEXT 0xC2B2AE3D27D4EB4FU

/**
 * @brief The seal of a header: a hash of its address and of all its fields but `check`.
 *
 * A header whose `check` differs from this was overwritten. The parts are joined by exclusive or, so that a link can be
 * changed without looking at the rest, and damage elsewhere in the header stays visible. Cost: O(1).
 * @param b a readable header
 * @return the value that `check` must have
 *
 * @snippet reference.c block_meta_seal
 */
static inline uint32_t block_meta_seal(const struct block_meta *b)
{
	uint64_t own =
		((uint64_t)(uintptr_t)b ^ (uint64_t)b->size << 20 ^ (uint64_t)(unsigned)b->status) * 0xBF58476D1CE4E5B9U;

	own = (own ^ own >> 29 ^ b->size) * 0x94D049BB133111EBU;
	return (uint32_t)(own >> 32) ^ block_meta_link_hash(b->prev, BLOCK_META_PREV) ^
	       block_meta_link_hash(b->next, BLOCK_META_NEXT);
}

#endif
