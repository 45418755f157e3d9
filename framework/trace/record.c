/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A heap's calls, written down. The lock is held around the call and its note, so that the trace has both in one order. What
 * the heap will refuse is no part of the trace, and done without the lock: the error handler may do what it likes.
 */
#include <osmem/heap.h>

#include "framework/trace/writer.h"

static void note(struct osm_trace_writer *writer, struct osm_trace_op op, const void *before, const void *after)
{
	if (!after && op.kind != OSM_TRACE_FREE)
		return;
	op.id = (uintptr_t)before;
	op.id_after = (uintptr_t)after;
	osm_trace_write(writer, &op);
}

/* False: p is no live block of the heap, and the lock is not held. */
static bool lock_for(struct osm_trace_writer *writer, struct osm_heap *heap, const void *p)
{
	pthread_mutex_lock(&writer->lock);
	if (osm_heap_owns(heap, p))
		return true;
	pthread_mutex_unlock(&writer->lock);
	return false;
}

void *osm_trace_alloc(struct osm_trace_writer *writer, struct osm_heap *heap, size_t n)
{
	pthread_mutex_lock(&writer->lock);
	void *p = osm_heap_alloc(heap, n);
	note(writer, (struct osm_trace_op){.kind = OSM_TRACE_ALLOC, .size = n}, p, p);
	pthread_mutex_unlock(&writer->lock);
	return p;
}

void *osm_trace_calloc(struct osm_trace_writer *writer, struct osm_heap *heap, size_t count, size_t each)
{
	pthread_mutex_lock(&writer->lock);
	void *p = osm_heap_calloc(heap, count, each);
	note(writer, (struct osm_trace_op){.kind = OSM_TRACE_CALLOC, .size = count * each, .count = count, .each = each}, p,
	     p);
	pthread_mutex_unlock(&writer->lock);
	return p;
}

void *osm_trace_alloc_aligned(struct osm_trace_writer *writer, struct osm_heap *heap, size_t align, size_t n)
{
	pthread_mutex_lock(&writer->lock);
	void *p = osm_heap_alloc_aligned(heap, align, n);
	note(writer, (struct osm_trace_op){.kind = OSM_TRACE_ALIGNED, .size = n, .align = align}, p, p);
	pthread_mutex_unlock(&writer->lock);
	return p;
}

void *osm_trace_realloc(struct osm_trace_writer *writer, struct osm_heap *heap, void *p, size_t n)
{
	if (!p)
		return osm_trace_alloc(writer, heap, n);
	if (n == 0) {
		osm_trace_free(writer, heap, p);
		return NULL;
	}
	if (!lock_for(writer, heap, p))
		return osm_heap_realloc(heap, p, n);
	void *q = osm_heap_realloc(heap, p, n);
	note(writer, (struct osm_trace_op){.kind = OSM_TRACE_REALLOC, .size = n}, p, q);
	pthread_mutex_unlock(&writer->lock);
	return q;
}

void osm_trace_free(struct osm_trace_writer *writer, struct osm_heap *heap, void *p)
{
	if (!p)
		return;
	if (!lock_for(writer, heap, p)) {
		osm_heap_free(heap, p);
		return;
	}
	note(writer, (struct osm_trace_op){.kind = OSM_TRACE_FREE}, p, p);
	osm_heap_free(heap, p);
	pthread_mutex_unlock(&writer->lock);
}
