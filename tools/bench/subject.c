/* SPDX-License-Identifier: BSD-3-Clause */
/* What is measured: see subject.h. */
#include "tools/bench/subject.h"

/*
 * Allocators give memory back to the system: the end of the heap, blocks that are large, or what was not used for a while.
 * When a load is run again after all blocks were freed, they would pay for the same pages anew, each to another extent.
 * So where they are timed they are told to keep their memory. glibc fixes both thresholds as soon as one is given; 32 MiB
 * is the most that the second one can be. jemalloc must also be told to cut small blocks off what has become one large
 * piece, or it takes fresh memory.
 */
#define GLIBC_KEEPS "glibc.malloc.trim_threshold=1099511627776:glibc.malloc.mmap_threshold=33554432"
#define GLIBC_NO_CACHE "glibc.malloc.tcache_count=0"
#define JEMALLOC_KEEPS "dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0,lg_extent_max_active_fit:30"

/* Libraries by their sonames: the dynamic linker finds them wherever the system keeps them. */
const struct subject subject_peers[] = {
	{.name = SUBJECT_REFERENCE,
     .variable = "GLIBC_TUNABLES",
     .time_setting = GLIBC_KEEPS,
     .measured = FOOTPRINT_MALLINFO},
	{.name = "glibc-no-cache",
     .variable = "GLIBC_TUNABLES",
     .setting = GLIBC_NO_CACHE,
     .time_setting = GLIBC_NO_CACHE ":" GLIBC_KEEPS,
     .measured = FOOTPRINT_MALLINFO},
	{.name = "jemalloc",
     .preload = "libjemalloc.so.2",
     .variable = "MALLOC_CONF",
     .time_setting = JEMALLOC_KEEPS,
     .measured = FOOTPRINT_ANONYMOUS},
	{.name = "mimalloc",
     .preload = "libmimalloc.so.2",
     .variable = "MIMALLOC_ALLOW_DECOMMIT",
     .time_setting = "0",
     .measured = FOOTPRINT_ANONYMOUS},
	{.name = "tcmalloc",
     .preload = "libtcmalloc_minimal.so.4",
     .variable = "TCMALLOC_RELEASE_RATE",
     .time_setting = "0",
     .measured = FOOTPRINT_ANONYMOUS},
	{0},
};

struct subject subject_of(const struct osm_policy *policy)
{
	return (struct subject){
		.name = policy->name, .layout = policy->layout, .policy = policy, .measured = FOOTPRINT_REGIONS};
}
