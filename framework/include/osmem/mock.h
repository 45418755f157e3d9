/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file mock.h
 * @brief The arena and the mock: backends inside memory that the caller has.
 *
 * The arena serves regions from its low end upwards and mappings from its high end downwards, best for a heap in a
 * static array. The mock is an arena that keeps a log of its calls and follows a plan of failures.
 */
#ifndef OSMEM_MOCK_H
#define OSMEM_MOCK_H

#include <osmem/backend.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** @brief Backing memory inside memory of the caller's. One heap uses it at a time. */
struct osm_arena {
	struct osm_backend backend; /**< The contract; hand `&arena.backend` to osm_heap_create. */
	char *start;                /**< First byte, aligned to 16. */
	char *end;                  /**< Behind the last byte. */
	char *brk;                  /**< Behind the last byte of the last region. */
	void *holes;                /**< What was unmapped, in address order; the arena's own. */
	char *maps;                 /**< The lowest mapping. */
};

/**
 * @brief Begin an arena, empty. Cost: O(1), the memory is not touched.
 * @param arena  where to keep its state
 * @param memory any alignment
 * @param n      bytes
 *
 * @snippet reference.c osm_arena_init
 */
void osm_arena_init(struct osm_arena *arena, void *memory, size_t n);

/** @brief The process's own arena; empty until osm_arena_init gives it memory. `os_malloc` uses it in the embedded profile. */
extern struct osm_arena osm_arena;

/** @brief Which call the mock received. */
enum osm_mock_call {
	OSM_MOCK_GROW,    /**< Can fail. */
	OSM_MOCK_MAP,     /**< Can fail. */
	OSM_MOCK_UNMAP,   /**< Cannot fail. */
	OSM_MOCK_REMAP,   /**< Can fail. */
	OSM_MOCK_RELEASE, /**< Cannot fail. */
	OSM_MOCK_TRIM,    /**< Can fail. */
	OSM_MOCK_PURGE    /**< Can fail. */
};

/** @brief One call in the log. Addresses are offsets from the arena's start, so that expected logs are constants. */
struct osm_mock_entry {
	enum osm_mock_call call; /**< Which. */
	size_t at;               /**< What was passed: region end, mapping, region start, page; OSM_MOCK_NONE for NULL. */
	size_t n;                /**< Bytes; of a remap, the bytes wanted. */
	size_t result; /**< What was returned; OSM_MOCK_NONE for NULL, for unmap and for release. Of a trim the new
	                              end, of a purge the page; OSM_MOCK_NONE for false. */
};

/** @brief "No address" in a log. */
#define OSM_MOCK_NONE ((size_t)-1)

/** @brief How the mock behaves. All zero: an arena that never fails until it is full. Calls are counted from 1. */
struct osm_mock_plan {
	unsigned fail_nth;   /**< The nth call that can fail does; 0: none. */
	unsigned fail_from;  /**< From the nth call on all fail; 0: none. */
	unsigned fail_every; /**< Every k-th call fails; 0: none. */
	size_t fail_over;    /**< A call for more bytes than this fails; 0: no limit. */
	bool fixed_end;      /**< A region's end never moves: growing always needs a fresh region. */
	size_t gap;          /**< Bytes left out before each region, a multiple of 16. */
	size_t page_size;    /**< What the backend says its page size is; 0: 4096. */
	unsigned char dirt;  /**< Fresh memory is filled with this byte; 0: fresh memory is zero and mappings promise so. */
	bool no_remap;       /**< The backend has no `remap`. */
};

/** @brief The mock backend: an arena with a plan and a log. */
struct osm_mock {
	struct osm_backend backend; /**< The contract; hand `&mock.backend` to osm_heap_create. */
	struct osm_arena arena;     /**< Where the bytes come from. */
	struct osm_mock_plan plan;  /**< As osm_mock_plan() set it. */
	struct osm_mock_entry *log; /**< Room for the log, or NULL. */
	size_t log_room;            /**< Entries that fit; later calls are counted but not kept. */
	size_t calls;               /**< Calls so far, `unmap` included. */
	unsigned fallible;          /**< Calls so far that could fail: what `fail_nth` counts. */
	unsigned failures;          /**< Calls that failed because the plan said so. */
	size_t mapped_bytes;        /**< Bytes mapped and not unmapped. */
};

/** @brief The process's own mock, over 4 MiB of static memory. `os_malloc` uses it where the build says `backend=mock`. */
extern struct osm_mock osm_mock;

/**
 * @brief Begin a mock, empty, with an empty plan and no log.
 * @param mock   where to keep its state
 * @param memory any alignment
 * @param n      bytes
 *
 * @snippet reference.c osm_mock_init
 */
void osm_mock_init(struct osm_mock *mock, void *memory, size_t n);

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* of a function and a structure of one name */
#endif

/**
 * @brief Set the plan. Counting starts anew.
 * @param mock the mock
 * @param plan copied; NULL: never fail
 *
 * @snippet reference.c osm_mock_plan
 */
void osm_mock_plan(struct osm_mock *mock, const struct osm_mock_plan *plan);

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

/**
 * @brief Keep a log from now on, empty at first.
 * @param mock the mock
 * @param log  room for entries
 * @param room how many
 *
 * @snippet reference.c osm_mock_log
 */
void osm_mock_log(struct osm_mock *mock, struct osm_mock_entry *log, size_t room);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
