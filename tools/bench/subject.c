/* SPDX-License-Identifier: BSD-3-Clause */
/* What is measured: see subject.h. */
#include "tools/bench/subject.h"

/* Libraries by their sonames: the dynamic linker finds them wherever the system keeps them. */
const struct subject subject_peers[] = {
	{.name = SUBJECT_REFERENCE, .measured = FOOTPRINT_MALLINFO},
	{.name = "glibc-no-cache", .tunables = "glibc.malloc.tcache_count=0", .measured = FOOTPRINT_MALLINFO},
	{.name = "jemalloc", .preload = "libjemalloc.so.2", .measured = FOOTPRINT_ANONYMOUS},
	{.name = "mimalloc", .preload = "libmimalloc.so.2", .measured = FOOTPRINT_ANONYMOUS},
	{.name = "tcmalloc", .preload = "libtcmalloc_minimal.so.4", .measured = FOOTPRINT_ANONYMOUS},
	{0},
};

struct subject subject_of(const struct osm_policy *policy)
{
	return (struct subject){
		.name = policy->name, .layout = policy->layout, .policy = policy, .measured = FOOTPRINT_REGIONS};
}
