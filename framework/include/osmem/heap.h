/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file heap.h
 * @brief First-class heaps: any number in one process, each with its own policy and backend.
 *
 * Every call on a heap takes the heap's lock (none in the embedded profile) and releases it before it returns.
 */
#ifndef OSMEM_HEAP_H
#define OSMEM_HEAP_H

#include <osmem/backend.h>
#include <osmem/error.h>
#include <osmem/policy.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** @brief How far a heap grows when nothing fits. */
enum osm_growth {
	OSM_GROWTH_EXACT, /**< By exactly what is missing. */
	OSM_GROWTH_GEOMETRIC /**< By at least a 256th of the heap, in whole pages, so that growing to n bytes takes O(log n) calls;
	                          exact if that is refused. */
};

/** @brief When realloc resizes a block where it lies. */
enum osm_realloc {
	OSM_REALLOC_IN_PLACE, /**< Whenever the policy can, growing the region's end if that helps; mappings by `remap`. */
	OSM_REALLOC_CLASSIC   /**< As CLASSIC: the region grows only for a block that was its last one when the call began;
	                           mappings always move. */
};

/** @brief As a threshold in struct osm_config: the backend's page size. */
#define OSM_THRESHOLD_PAGE ((size_t)-2)

/** @brief How a heap behaves. Zero everywhere is a good heap: see each field. */
struct osm_config {
	size_t granule;       /**< Alignment of payloads, in bytes; 0: 16, or what the policy allows nearest to it. */
	size_t preallocate;   /**< The first growth is at least this many bytes; less is not tried, except by geometric
	                           growth. */
	size_t map_threshold; /**< A request that with its header reaches this many bytes is mapped; 0: 128 KiB; SIZE_MAX:
	                           never. A block aligned to more than 32 bytes is never mapped. */
	size_t calloc_threshold;  /**< The same for osm_heap_calloc; 0: as `map_threshold`. */
	enum osm_growth growth;   /**< How far to grow. */
	enum osm_realloc realloc; /**< When to resize in place. */
	size_t trim_threshold;  /**< The free end of the heap goes back to the backend, down to half of this, when it has so
	                               many bytes and is an eighth of the heap, or more; 0: 2 MiB with geometric growth, else
	                               never; SIZE_MAX: never. It doubles whenever the heap regrets it. */
	size_t purge_threshold; /**< What a free block of at least so many bytes holds goes back if the block was not used
	                               while as many bytes were freed; 0 and SIZE_MAX: never. */
};

/** @brief What a heap holds; all sizes in bytes. */
struct osm_stats {
	size_t live_blocks;     /**< Blocks that the program holds. */
	size_t live_bytes;      /**< Their payload, as usable. */
	size_t peak_live_bytes; /**< The most that `live_bytes` ever was. */
	size_t free_blocks;     /**< Free blocks. */
	size_t free_bytes;      /**< Their payload. */
	size_t largest_free;    /**< The largest of them. */
	size_t heap_bytes;      /**< All regions. */
	size_t mapped_blocks;   /**< Live blocks with a mapping of their own. */
	size_t mapped_bytes;    /**< Their mappings, headers included. */
	size_t
		metadata_bytes;   /**< Metadata outside the regions that their present span needs; tables for more than that are
	                             not counted, as a real backend gives memory only for what is touched. */
	size_t peak_bytes;    /**< The most that regions, mappings and metadata ever were together. */
	size_t regions;       /**< Regions. */
	size_t grow_calls;    /**< Times the backend was asked to grow and did. */
	size_t trim_calls;    /**< Times the heap's end went back, ... */
	size_t trimmed_bytes; /**< ... and its bytes in all. */
	size_t purge_calls;   /**< Times what a free block holds went back, ... */
	size_t purged_bytes;  /**< ... and its whole pages, in bytes in all, those included that held nothing. */
	size_t search_steps;  /**< Blocks and nodes of an index that the policy looked at so far; 0 if it does not count. */
};

/** @brief A heap. */
struct osm_heap;

/**
 * @brief Make a heap.
 *
 * The heap itself lies in memory that the backend maps. Cost: O(1), one `map`. Locking: none.
 * @param policy  places blocks
 * @param backend gives memory; must outlive the heap
 * @param config  how to behave, copied; NULL: all zero
 * @return the heap; or NULL with errno ENOMEM (no memory) or EINVAL (no policy, no backend, a granule that is no
 *         power of two or that the policy does not have)
 *
 * @snippet reference.c osm_heap_create
 */
struct osm_heap *osm_heap_create(const struct osm_policy *policy, struct osm_backend *backend,
                                 const struct osm_config *config);

/**
 * @brief End a heap: mappings, metadata and regions go back to the backend, live blocks with them. The program break
 * moves down only if nobody moved it since.
 *
 * Cost: O(mapped blocks + metadata chunks + regions). Nobody may use the heap any more.
 * @param heap a heap from osm_heap_create, or NULL
 *
 * @snippet reference.c osm_heap_destroy
 */
void osm_heap_destroy(struct osm_heap *heap);

/**
 * @brief Allocate.
 * @param heap the heap
 * @param n    bytes; 0 gives NULL without errno
 * @return n bytes aligned to the granule; or NULL with errno ENOMEM
 *
 * @snippet reference.c osm_heap_alloc
 */
void *osm_heap_alloc(struct osm_heap *heap, size_t n);

/**
 * @brief Allocate with an alignment.
 * @param heap  the heap
 * @param align a power of two
 * @param n     bytes; 0 gives NULL without errno
 * @return n bytes; or NULL with errno EINVAL (the alignment, whatever n is) or ENOMEM
 *
 * @snippet reference.c osm_heap_alloc_aligned
 */
void *osm_heap_alloc_aligned(struct osm_heap *heap, size_t align, size_t n);

/**
 * @brief Allocate zeroed memory for an array.
 * @param heap  the heap
 * @param count elements
 * @param n     bytes of one
 * @return count * n zero bytes; NULL without errno if either is 0; or NULL with errno ENOMEM, also when the product
 *         overflows
 *
 * @snippet reference.c osm_heap_calloc
 */
void *osm_heap_calloc(struct osm_heap *heap, size_t count, size_t n);

/**
 * @brief Resize a block, moving it if need be; a block that moves has the alignment of osm_heap_alloc.
 * @param heap the heap
 * @param p    a live block of this heap; NULL: as osm_heap_alloc
 * @param n    bytes; 0: as osm_heap_free, gives NULL
 * @return the block, perhaps moved, contents kept up to the smaller size; or NULL with errno ENOMEM, the contents as they were
 *
 * @snippet reference.c osm_heap_realloc
 */
void *osm_heap_realloc(struct osm_heap *heap, void *p, size_t n);

/**
 * @brief Free a block. errno is kept.
 * @param heap the heap
 * @param p    a live block of this heap, or NULL. Anything else is reported: see osm_set_error_handler
 *
 * @snippet reference.c osm_heap_free
 */
void osm_heap_free(struct osm_heap *heap, void *p);

/**
 * @brief How much of a block a program may use.
 * @param heap the heap
 * @param p    a live block of this heap, or NULL
 * @return bytes, at least what was asked for; 0 for NULL
 *
 * @snippet reference.c osm_heap_usable_size
 */
size_t osm_heap_usable_size(struct osm_heap *heap, const void *p);

/**
 * @brief Is this a live block of this heap? Exact for any pointer value; never faults, never reports.
 * @param heap the heap
 * @param p    any pointer
 * @return true only for what the heap gave out and did not take back
 *
 * @snippet reference.c osm_heap_owns
 */
bool osm_heap_owns(struct osm_heap *heap, const void *p);

/**
 * @brief Visit every block: regions in address order, then mapped blocks in address order. Cost: O(blocks).
 * @param heap    the heap, which the visitor must not use: its lock is held
 * @param visit   told of each block
 * @param context handed to `visit`
 * @return false if the visitor stopped the walk or a damaged block did
 *
 * @snippet reference.c osm_heap_walk
 */
bool osm_heap_walk(struct osm_heap *heap, osm_visit *visit, void *context);

/**
 * @brief Check every invariant of the whole heap. Cost: O(blocks), or what the policy's check takes.
 * @param heap  the heap
 * @param fault told what is wrong first; may be NULL
 * @return true if all is well
 *
 * @snippet reference.c osm_heap_check
 */
bool osm_heap_check(struct osm_heap *heap, struct osm_fault *fault);

/**
 * @brief Count. Cost: O(blocks).
 * @param heap  the heap
 * @param stats filled in
 *
 * @snippet reference.c osm_heap_stats
 */
void osm_heap_stats(struct osm_heap *heap, struct osm_stats *stats);

/**
 * @brief Count what needs no walk, so that it can be asked after each operation. Cost: O(regions).
 * @param heap  the heap
 * @param stats filled in as by osm_heap_stats(), but `free_blocks`, `free_bytes` and `largest_free` are 0
 *
 * @snippet reference.c osm_heap_tally
 */
void osm_heap_tally(struct osm_heap *heap, struct osm_stats *stats);

/**
 * @brief Give the free end of the newest region back to the backend, in whole pages; the region keeps one at least. errno
 * is kept. Cost: O(log n), one `trim`.
 *
 * What is mapped goes back when it is freed, and needs no call.
 * @param heap the heap
 * @param keep free bytes that stay at the end, for what comes next
 * @return bytes given back; 0 if there is nothing to give, or if policy or backend do not support it
 *
 * @snippet reference.c osm_heap_trim
 */
size_t osm_heap_trim(struct osm_heap *heap, size_t keep);

/**
 * @brief Give back what the whole pages within free blocks hold; the pages stay the heap's, and cost memory again when
 * they are next used. errno is kept. Cost: O(blocks), and one `purge` for each free block that has whole pages.
 * @param heap the heap
 * @return bytes given back, pages included that held nothing; 0 if the backend does not support it
 *
 * @snippet reference.c osm_heap_purge
 */
size_t osm_heap_purge(struct osm_heap *heap);

/**
 * @brief A policy by name.
 * @param name   e.g. "best-fit"
 * @param layout e.g. "tag"; NULL: the first that the policy has
 * @return the policy, or NULL if there is none of that name and layout
 *
 * @snippet reference.c osm_policy_find
 */
const struct osm_policy *osm_policy_find(const char *name, const char *layout);

/**
 * @brief Every policy there is, one entry a layout.
 * @return an array that ends with NULL
 *
 * @snippet reference.c osm_policies
 */
const struct osm_policy *const *osm_policies(void);

/**
 * @brief A backend by name.
 * @param name e.g. "mmap"
 * @return the process's instance of it, or NULL
 *
 * @snippet reference.c osm_backend_find
 */
struct osm_backend *osm_backend_find(const char *name);

/**
 * @brief Every backend there is.
 * @return an array that ends with NULL
 *
 * @snippet reference.c osm_backends
 */
struct osm_backend *const *osm_backends(void);

/**
 * @brief The heap under os_malloc, os_calloc, os_realloc and os_free.
 * @return never NULL
 *
 * @snippet reference.c osm_default_heap
 */
struct osm_heap *osm_default_heap(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
