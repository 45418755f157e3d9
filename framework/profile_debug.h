/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The debug profile: behaves as a fast heap does; the library is built with every check.
 */
#define OSM_PROFILE_NAME "debug"
/* clang-format off */
#define OSM_PROFILE_CONFIG                           \
	{                                                \
		.growth = OSM_GROWTH_GEOMETRIC,              \
		.realloc = OSM_REALLOC_IN_PLACE,             \
	}
/* clang-format on */
