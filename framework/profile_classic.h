/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The classic profile: exact to the byte, see the page on it in the documentation.
 */
#define OSM_PROFILE_NAME "classic"
/* clang-format off */
#define OSM_PROFILE_CONFIG                           \
	{                                                \
		.granule = 8,                                \
		.preallocate = 128 * 1024,                   \
		.map_threshold = 128 * 1024,                 \
		.calloc_threshold = OSM_THRESHOLD_PAGE,      \
		.trim_threshold = SIZE_MAX,                  \
		.purge_threshold = SIZE_MAX,                 \
		.growth = OSM_GROWTH_EXACT,                  \
		.realloc = OSM_REALLOC_CLASSIC,              \
	}
/* clang-format on */
