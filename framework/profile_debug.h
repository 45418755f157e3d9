/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The debug profile: behaves as a fast heap does; the whole heap is checked after every call that changes it, and every
 * search is held to its bound of steps.
 */
#define OSM_PROFILE_NAME "debug"
/* clang-format off */
#define OSM_PROFILE_CONFIG                           \
	{                                                \
		.growth = OSM_GROWTH_GEOMETRIC,              \
		.realloc = OSM_REALLOC_IN_PLACE,             \
	}
/* clang-format on */
