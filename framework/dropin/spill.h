/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backend over a backend: where the break is hemmed in by a mapping, which a program of any size comes upon sooner or
 * later, regions go on elsewhere, as the C library's malloc does.
 */
#ifndef OSMEM_DROPIN_SPILL_H
#define OSMEM_DROPIN_SPILL_H

#include <osmem/backend.h>

/*
 * A backend whose regions come from another one once this one gives none any more. One heap uses it, to the process's end.
 * A backend that promises to grow until memory runs out is returned as it is.
 */
struct osm_backend *spill_over(struct osm_backend *backend);

#endif
