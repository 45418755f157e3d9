/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stand-alone mappings of the system, which brk and mmap share; the slots `map`, `unmap` and `remap` of the contract;
 * and the slot `purge`.
 */
#ifndef OSMEM_BACKENDS_SYSTEM_H
#define OSMEM_BACKENDS_SYSTEM_H

#include <osmem/backend.h>

void *osm_system_map(struct osm_backend *self, size_t n, size_t align);
void osm_system_unmap(struct osm_backend *self, void *p, size_t n);
void *osm_system_remap(struct osm_backend *self, void *p, size_t from, size_t to);
bool osm_system_purge(struct osm_backend *self, void *p, size_t n);

#endif
