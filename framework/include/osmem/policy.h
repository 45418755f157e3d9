/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file policy.h
 * @brief The placement policy contract: which free memory serves a request, when to split and when to merge.
 *
 * What holds for every slot:
 *  - all sizes are payload bytes, all pointers are payload pointers;
 *  - it is called with the heap's lock held;
 *  - it calls no operating system, no backend and no allocator, has no static mutable data and prints nothing. Memory
 *    that it manages comes in through `extend`, memory for its own use through `config->metadata`;
 *  - its state lives in `state_size` bytes that are zero before `init`, and stay where they are;
 *  - a failure changes nothing except what the slot allows;
 *  - a policy that meets a damaged block stops, changes nothing more, writes `*config->fault` and answers with failure.
 *    Only where it has to enter a free block beside damage, it writes `*config->fault` and goes on.
 *
 * A policy never buys memory. When it cannot serve it names the price of success (struct osm_shortfall); the heap pays
 * it and asks again, and then the answer must be yes.
 */
#ifndef OSMEM_POLICY_H
#define OSMEM_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** @brief A policy that is to serve the default heap has a state of at most this many bytes. */
#define OSM_STATE_MAX 1024

/** @brief The most bytes that a policy is asked for, less three times the alignment: room for headers and padding. */
#define OSM_REQUEST_MAX (PTRDIFF_MAX - 16384)

/** @brief So many bytes at both ends of a free block's payload are the policy's; what lies between is nobody's. */
#define OSM_FREE_MARGIN 64

/** @brief A span of backing memory. The heap makes and moves it, a policy reads it. */
struct osm_region {
	struct osm_region *next; /**< The region with the next higher address, or NULL. */
	char *start;             /**< First byte; aligned to 16. */
	char *end;               /**< Behind the last byte that the policy manages. */
	char *bought;            /**< Behind the last byte that the backend gave; the heap's own. */
	char *limit;             /**< The region never grows beyond this; a policy may bring it down. */
	char *reserved;          /**< The limit that the backend set; the heap's own. */
	char *top;               /**< The policy's own: where its last block ends; NULL in a new region. */
	void *index;             /**< The policy's own: how it finds free blocks here; NULL in a new region. */
	void *ledger;            /**< The policy's own: how it knows live blocks here; NULL in a new region. */
};

/** @brief All regions of a heap, in address order. */
struct osm_regions {
	struct osm_region *first;    /**< The lowest, or NULL. */
	struct osm_region *growable; /**< The newest: the only one whose end may still move up; or NULL. */
};

/** @brief The price of success. All zero: no purchase would help. */
struct osm_shortfall {
	size_t more;  /**< Bytes at the end of the growable region that would do; 0: growing it does not help. */
	size_t fresh; /**< Bytes of a fresh region that would do; 0: a fresh region does not help. */
};

/** @brief What can be wrong with a heap or a pointer. */
enum osm_fault_kind {
	OSM_FAULT_NONE,        /**< Nothing. */
	OSM_FAULT_DOUBLE_FREE, /**< The block is free already. */
	OSM_FAULT_FOREIGN,     /**< The heap never gave out this pointer. */
	OSM_FAULT_INTERIOR,    /**< The pointer leads into a live block, not to its start. */
	OSM_FAULT_DAMAGED,     /**< A block's header or footer was overwritten. */
	OSM_FAULT_INTERNAL,    /**< A policy, an index or the heap broke a promise: a bug in this library. */
};

/** @brief A finding: what is wrong, and where. */
struct osm_fault {
	enum osm_fault_kind kind; /**< What. */
	const void *where;        /**< The payload pointer of the block, or the pointer that was passed. */
	const char *detail;       /**< One sentence without full stop; static text. */
};

/** @brief A source of memory for metadata. */
struct osm_metadata {
	/**
	 * @brief Take n bytes: zero, aligned to 64, never moved, given back with the heap.
	 * @param self this source
	 * @param n    bytes, not 0
	 * @return the memory, or NULL
	 */
	void *(*take)(struct osm_metadata *self, size_t n);
};

/** @brief What a policy is told at its start. */
struct osm_policy_config {
	size_t granule;                /**< Alignment of payloads and unit of sizes; within the policy's limits. */
	struct osm_regions *regions;   /**< The heap's regions. */
	struct osm_metadata *metadata; /**< Memory for the policy's own use. */
	struct osm_fault *fault;       /**< Where a policy reports damage. */
	bool trusted; /**< Only live pointers and undamaged blocks will be met: `owns` will not be asked, the policy
	                                      needs no memory to answer it and looks for no damage. */
};

/** @brief A block as a walk sees it. */
struct osm_block {
	void *payload;       /**< First byte of the payload. */
	size_t size;         /**< Payload bytes: what a program may use of a live block. */
	size_t header_bytes; /**< Bytes of metadata directly before the payload. */
	bool free;           /**< True if nobody holds it. */
	bool mapped;         /**< True if it has a mapping of its own; a policy's blocks never have. */
};

/**
 * @brief Called for each block of a walk.
 * @param block   lives until the call returns
 * @param context what the walk was given
 * @return false to stop the walk
 *
 * @snippet reference.c osm_visit
 */
typedef bool osm_visit(const struct osm_block *block, void *context);

/** @brief A placement policy. */
struct osm_policy {
	const char *name;    /**< What `scons policy=` and the tools take. */
	const char *layout;  /**< Where it keeps sizes and states: what `scons layout=` takes. */
	const char *summary; /**< One line for people who choose. */
	size_t state_size;   /**< Bytes of state. */
	size_t granule_min;  /**< Smallest granule, in bytes. */
	size_t granule_max;  /**< Largest granule, in bytes. */

	/**
	 * @brief Begin; cannot fail.
	 * @param state  zeroed, of `state_size` bytes
	 * @param config stays valid as long as the state
	 */
	void (*init)(void *state, const struct osm_policy_config *config);

	/**
	 * @brief The payload that a request would get at least: monotone in n, idempotent, at least n; pure.
	 * @param state the policy's state
	 * @param n     payload bytes, at most OSM_REQUEST_MAX
	 * @return payload bytes
	 */
	size_t (*good_size)(const void *state, size_t n);

	/**
	 * @brief Place a block.
	 * @param state     the policy's state
	 * @param n         payload bytes, 1 to OSM_REQUEST_MAX
	 * @param align     alignment of the payload; a power of two, at least the granule
	 * @param shortfall written when the answer is NULL
	 * @return a payload of at least n bytes; or NULL
	 */
	void *(*alloc)(void *state, size_t n, size_t align, struct osm_shortfall *shortfall);

	/**
	 * @brief Free a block and merge it with its free neighbours at once.
	 * @param state the policy's state
	 * @param p     a live payload of this policy
	 * @return true; false if damage was met, and then nothing has changed
	 */
	bool (*free)(void *state, void *p);

	/**
	 * @brief Resize a block where it lies.
	 *
	 * May absorb free neighbours behind the block even if they do not suffice; never moves or shrinks a block when it
	 * fails.
	 * @param state     the policy's state
	 * @param p         a live payload of this policy
	 * @param n         payload bytes, 1 to OSM_REQUEST_MAX
	 * @param shortfall written when the answer is false; `fresh` is always 0
	 * @return true: same address, contents kept, usable size at least n
	 */
	bool (*resize)(void *state, void *p, size_t n, struct osm_shortfall *shortfall);

	/**
	 * @brief Optional: grow a block that cannot grow where it lies into the free block before it, and the one behind if
	 * that helps; the contents move down.
	 * @param state the policy's state
	 * @param p     a live payload of this policy
	 * @param n     payload bytes, more than the block has
	 * @return the new payload, usable size at least n, contents kept; or NULL, and nothing has changed
	 */
	void *(*slide)(void *state, void *p, size_t n);

	/**
	 * @brief What a program may use of a block.
	 * @param state the policy's state
	 * @param p     a live payload of this policy
	 * @return payload bytes
	 */
	size_t (*usable_size)(const void *state, const void *p);

	/**
	 * @brief Is this a live payload of this policy? Exact for any pointer value; never faults.
	 * @param state the policy's state
	 * @param p     any pointer
	 * @return true only for a payload that `alloc` gave out and that was not freed since
	 */
	bool (*owns)(const void *state, const void *p);

	/**
	 * @brief Take over new memory: it becomes free. The region is among the heap's regions already.
	 * @param state  the policy's state
	 * @param region its `end` is still the old one (its start if the region is new); the policy moves it to `end`
	 * @param end    the new end
	 * @return false if metadata could not be had, and then nothing has changed
	 */
	bool (*extend)(void *state, struct osm_region *region, char *end);

	/**
	 * @brief Visit every block in address order.
	 * @param state   the policy's state
	 * @param visit   is told of each block; must not change the heap
	 * @param context handed to `visit`
	 * @return false if the visitor stopped the walk or a damaged block did
	 */
	bool (*walk)(const void *state, osm_visit *visit, void *context);

	/**
	 * @brief Check every invariant; O(n) is fine.
	 * @param state the policy's state
	 * @param fault told what is wrong first
	 * @return true if all is well
	 */
	bool (*check)(const void *state, struct osm_fault *fault);

	/**
	 * @brief Optional: how much searching was done since the start: blocks and nodes of an index that were looked at.
	 * @param state the policy's state
	 * @return steps
	 */
	size_t (*steps)(const void *state);

	/**
	 * @brief Metadata outside the regions that their present span needs; of a table that costs memory only where it is
	 * touched, that part.
	 * @param state the policy's state
	 * @return bytes
	 */
	size_t (*metadata_bytes)(const void *state);

	/**
	 * @brief Optional, with `retract`: free bytes at the end of the growable region, which there must be, that the policy
	 * can do without. Cheap: a heap may ask after each free.
	 * @param state the policy's state
	 * @return bytes; 0 if there are none, or a damaged block is there
	 */
	size_t (*tail)(const void *state);

	/**
	 * @brief Optional, with `tail`: hand the end of the growable region over to the heap; where damage is met the end stays
	 * where it is, else it cannot fail. What is left of its last free block counts as freed just now. `extend` up to the old end undoes it, and needs no metadata for that.
	 * @param state  the policy's state
	 * @param region the growable one; the policy moves its `end` down
	 * @param end    the new end: below the old one by at most what `tail` said directly before
	 */
	void (*retract)(void *state, struct osm_region *region, char *end);

	/**
	 * @brief Optional: the free block that the last `free` left, its neighbours merged in. Asked directly after a `free`
	 * that returned true. Of a free block the heap may lose what lies between the @ref OSM_FREE_MARGIN bytes at both ends.
	 * @param state the policy's state
	 * @param size  written: payload bytes
	 * @return the payload
	 */
	void *(*freed)(const void *state, size_t *size);
};

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
