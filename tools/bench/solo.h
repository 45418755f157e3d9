/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file solo.h
 * @brief A policy alone behind its contract: no heap, no lock, and below it the cheapest memory there can be.
 *
 * A region is a reserved range whose end moves up without a system call. It grows as the regions of a heap do: by the
 * price, but at least by a 256th of what there is, in whole pages.
 */
#ifndef OSMEM_TOOLS_BENCH_SOLO_H
#define OSMEM_TOOLS_BENCH_SOLO_H

#include <osmem/policy.h>

/** @brief Most regions. */
#define SOLO_REGIONS_MAX 16

/** @brief Alignment of payloads, in bytes, that malloc has; a policy that does not have it gets the nearest it has. */
#define SOLO_GRANULE 16

/** @brief The same where memory counts most: what pointers and numbers need. */
#define SOLO_GRANULE_FINE 8

/** @brief Memory for metadata, cut from large pieces. */
struct solo_metadata {
	struct osm_metadata source; /**< What the policy sees; first. */
	char *at;                   /**< The present piece: first byte that is left. */
	char *end;                  /**< Behind its last byte. */
};

/** @brief A policy and all that it needs. It lies where it is and ends with the process. */
struct solo {
	const struct osm_policy *policy;            /**< The policy. */
	void *state;                                /**< Its state. */
	bool exact;                                 /**< True: grow by exactly the price. */
	bool closed;                                /**< True: buy nothing, so that what does not fit fails. */
	size_t region_bytes;                        /**< All regions. */
	size_t peak_bytes;                          /**< The most that regions and metadata were together. */
	struct osm_policy_config config;            /**< What the policy was told. */
	struct osm_regions regions;                 /**< The regions in use. */
	struct osm_fault fault;                     /**< What the policy reported. */
	struct solo_metadata metadata;              /**< Metadata memory. */
	struct osm_region region[SOLO_REGIONS_MAX]; /**< The regions' descriptions. */
	size_t region_count;                        /**< How many are in use. */
};

/**
 * @brief Begin.
 * @param solo    filled in
 * @param policy  the policy
 * @param granule alignment of payloads, if the policy has it
 * @return false if memory ran out
 */
bool solo_begin(struct solo *solo, const struct osm_policy *policy, size_t granule);

/**
 * @brief Let the pages behind the growable region be there before they are bought, so that they cost no page fault then.
 * @param solo  the policy
 * @param bytes how far
 */
void solo_populate(struct solo *solo, size_t bytes);

/**
 * @brief Note how large regions and metadata are together; growing does so by itself.
 * @param solo the policy
 */
void solo_note_peak(struct solo *solo);

/**
 * @brief Pay prices until the policy serves.
 * @param solo  the policy, which has just said no
 * @param n     bytes
 * @param align alignment
 * @param price what it named
 * @return the payload, or NULL
 */
void *solo_alloc_bought(struct solo *solo, size_t n, size_t align, struct osm_shortfall *price);

/**
 * @brief Resize a block that the policy could not resize where it lies: grow the region, or move the block.
 * @param solo  the policy
 * @param p     the block
 * @param n     bytes
 * @param price what the policy named
 * @return the payload, or NULL and the block is as it was
 */
void *solo_realloc_bought(struct solo *solo, void *p, size_t n, struct osm_shortfall *price);

/**
 * @brief Allocate.
 * @param solo  the policy
 * @param n     bytes, not 0
 * @param align alignment, a power of two
 * @return the payload, or NULL
 */
static inline void *solo_alloc(struct solo *solo, size_t n, size_t align)
{
	struct osm_shortfall price;
	size_t least = solo->config.granule;
	void *p = solo->policy->alloc(solo->state, n, align > least ? align : least, &price);

	return p ? p : solo_alloc_bought(solo, n, align > least ? align : least, &price);
}

/**
 * @brief Resize.
 * @param solo the policy
 * @param p    a block
 * @param n    bytes, not 0
 * @return the payload, or NULL and the block is as it was
 */
static inline void *solo_realloc(struct solo *solo, void *p, size_t n)
{
	struct osm_shortfall price;

	return solo->policy->resize(solo->state, p, n, &price) ? p : solo_realloc_bought(solo, p, n, &price);
}

/**
 * @brief Free.
 * @param solo the policy; `fault` tells if it refused
 * @param p    a block
 */
static inline void solo_free(struct solo *solo, void *p)
{
	solo->policy->free(solo->state, p);
}

#endif
