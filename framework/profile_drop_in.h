/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The drop-in profile: a fast heap under the four calls, as the drop-in malloc has one under its family.
 */
#define OSM_PROFILE_NAME "drop-in"
/* clang-format off */
#define OSM_PROFILE_CONFIG                           \
	{                                                \
		.growth = OSM_GROWTH_GEOMETRIC,              \
		.realloc = OSM_REALLOC_IN_PLACE,             \
	}
/* clang-format on */
