/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A heap's source of metadata memory: taken from the backend's mappings, given back all at once.
 */
#ifndef OSMEM_METADATA_H
#define OSMEM_METADATA_H

#include <osmem/backend.h>
#include <osmem/policy.h>

struct metadata_chunk;

struct metadata {
	struct osm_metadata source; /* what a policy sees; first */
	struct osm_backend *backend;
	struct metadata_chunk *chunks; /* the newest first */
	char *free, *end;              /* what the chunk that serves small pieces has left */
	size_t refused;                /* how often there was none */
};

/* Begin; cannot fail. */
void metadata_init(struct metadata *metadata, struct osm_backend *backend);

/* Give everything back. */
void metadata_release(struct metadata *metadata);

#endif
