/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The embedded profile: one arena of the caller's, nothing is mapped, growth in small steps up to the arena's end.
 */
#define OSM_PROFILE_NAME "embedded"
/* clang-format off */
#define OSM_PROFILE_CONFIG                           \
	{                                                \
		.map_threshold = SIZE_MAX,                   \
		.trim_threshold = SIZE_MAX,                  \
		.purge_threshold = SIZE_MAX,                 \
		.growth = OSM_GROWTH_EXACT,                  \
		.realloc = OSM_REALLOC_IN_PLACE,             \
	}
/* clang-format on */
