/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragmentation after Johnstone and Wilson: see measures.h. */
#include "tools/lab/measures.h"

void measures_note(struct measures *measures, size_t allocated, size_t requested, size_t used)
{
	if (allocated > 0 && requested > 0) {
		measures->weighted += (double)allocated * (double)used / (double)requested;
		measures->weight += (double)allocated;
	}
	if (requested > measures->most_requested) {
		measures->most_requested = requested;
		measures->used_there = used;
	}
	if (used > measures->most_used) {
		measures->most_used = used;
		measures->requested_at_summit = requested;
	}
}

bool measures_value(const struct measures *measures, int which, double *value)
{
	double used = 0, requested = 0;

	switch (which) {
	case 1:
		used = measures->weighted;
		requested = measures->weight;
		break;
	case 2:
		used = (double)measures->used_there;
		requested = (double)measures->most_requested;
		break;
	case 3:
		used = (double)measures->most_used;
		requested = (double)measures->requested_at_summit;
		break;
	case 4:
		used = (double)measures->most_used;
		requested = (double)measures->most_requested;
		break;
	default:
		break;
	}
	if (requested <= 0)
		return false;
	*value = used / requested - 1;
	return true;
}
