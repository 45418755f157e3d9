/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Metadata memory: small pieces are cut from chunks of one page, large ones have a chunk each; where a backend's memory
 * counts before it is touched, all have.
 *
 *     | chunk header, 64 bytes | piece | piece | ... free |
 */
#include "framework/metadata.h"

#include <stdint.h>
#include <string.h>

enum { LINE = 64 };

struct metadata_chunk {
	struct metadata_chunk *next;
	size_t bytes;
};

static char *chunk_create(struct metadata *metadata, size_t bytes)
{
	struct osm_backend *backend = metadata->backend;
	struct metadata_chunk *chunk = backend->map(backend, bytes, LINE);

	if (!chunk) {
		metadata->refused++;
		return NULL;
	}
	if (!(backend->promises & OSM_PROMISE_MAP_ZEROED))
		memset(chunk, 0, bytes);
	chunk->next = metadata->chunks;
	chunk->bytes = bytes;
	metadata->chunks = chunk;
	return (char *)chunk + LINE;
}

static void *metadata_take(struct osm_metadata *self, size_t n)
{
	struct metadata *metadata = (struct metadata *)self;
	size_t page = metadata->backend->page_size;
	char *piece;

	if (n > PTRDIFF_MAX - 2 * LINE)
		return NULL;
	n = (n + LINE - 1) / LINE * LINE;
	if (n > page / 4 || !(metadata->backend->promises & OSM_PROMISE_MAP_LAZY))
		return chunk_create(metadata, n + LINE);
	if ((size_t)(metadata->end - metadata->free) < n) {
		char *chunk = chunk_create(metadata, page);

		if (!chunk)
			return NULL;
		metadata->free = chunk;
		metadata->end = chunk + page - LINE;
	}
	piece = metadata->free;
	metadata->free += n;
	return piece;
}

void metadata_init(struct metadata *metadata, struct osm_backend *backend)
{
	*metadata = (struct metadata){.source.take = metadata_take, .backend = backend};
}

void metadata_release(struct metadata *metadata)
{
	while (metadata->chunks) {
		struct metadata_chunk *chunk = metadata->chunks;

		metadata->chunks = chunk->next;
		metadata->backend->unmap(metadata->backend, chunk, chunk->bytes);
	}
}
