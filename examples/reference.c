/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A few lines for each public call: the examples of the reference.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <osmem/block_meta.h>
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <osmem/osmem.h>
#include <osmem/print.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static char memory[1 << 16];

static void show_four_calls(void)
{
	//! [os_malloc]
	char *text = os_malloc(6);

	assert(text);
	memcpy(text, "hello", 6);
	//! [os_malloc]

	//! [os_realloc]
	char *longer = os_realloc(text, 12);

	assert(longer && strcmp(longer, "hello") == 0);
	strcat(longer, ", you");
	//! [os_realloc]

	//! [os_calloc]
	int *numbers = os_calloc(100, sizeof *numbers);

	assert(numbers && numbers[99] == 0);
	assert(os_calloc(SIZE_MAX, 2) == NULL && errno == ENOMEM);
	//! [os_calloc]

	//! [os_free]
	os_free(longer);
	os_free(numbers);
	os_free(NULL); /* does nothing */
	//! [os_free]

	//! [osm_default_heap]
	struct osm_stats stats;

	osm_heap_stats(osm_default_heap(), &stats); /* the heap of the four calls */
	assert(stats.live_blocks == 0);
	//! [osm_default_heap]
}

static void show_tables(void)
{
	//! [osm_policies]
	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++)
		assert((*policy)->granule_min <= (*policy)->granule_max);
	//! [osm_policies]

	//! [osm_backends]
	for (struct osm_backend *const *backend = osm_backends(); *backend; backend++)
		assert((*backend)->page_size >= 4096);
	//! [osm_backends]

	//! [osm_policy_find]
	assert(strcmp(osm_policy_find("best-fit", "tag")->layout, "tag") == 0);
	assert(osm_policy_find("worst-fit", NULL) == NULL);
	//! [osm_policy_find]

	//! [osm_backend_find]
	assert(strcmp(osm_backend_find("mmap")->name, "mmap") == 0);
	//! [osm_backend_find]
}

//! [osm_visit]
/* Count the bytes of free blocks. */
static bool add_free(const struct osm_block *block, void *context)
{
	if (block->free)
		*(size_t *)context += block->size;
	return true;
}
//! [osm_visit]

static void show_blocks(struct osm_heap *heap)
{
	//! [osm_heap_alloc]
	char *p = osm_heap_alloc(heap, 100);

	assert(p && osm_heap_alloc(heap, 0) == NULL);
	//! [osm_heap_alloc]

	//! [osm_heap_alloc_aligned]
	char *line = osm_heap_alloc_aligned(heap, 64, 100);

	assert((uintptr_t)line % 64 == 0);
	//! [osm_heap_alloc_aligned]

	//! [osm_heap_calloc]
	char *zeros = osm_heap_calloc(heap, 10, 16);

	assert(zeros && zeros[159] == 0);
	//! [osm_heap_calloc]

	//! [osm_heap_realloc]
	memset(p, 7, 100);
	p = osm_heap_realloc(heap, p, 1000);
	assert(p && p[99] == 7);
	//! [osm_heap_realloc]

	//! [osm_heap_usable_size]
	assert(osm_heap_usable_size(heap, p) >= 1000);
	//! [osm_heap_usable_size]

	//! [osm_heap_owns]
	assert(osm_heap_owns(heap, p) && !osm_heap_owns(heap, p + 1));
	//! [osm_heap_owns]

	//! [osm_heap_free]
	osm_heap_free(heap, p);
	osm_heap_free(heap, line);
	osm_heap_free(heap, zeros);
	//! [osm_heap_free]
}

static void show_heap(void)
{
	//! [osm_heap_create]
	struct osm_config config = {.granule = 32, .growth = OSM_GROWTH_GEOMETRIC};
	struct osm_heap *heap = osm_heap_create(osm_policy_find("first-fit", "tag"), osm_backend_find("mmap"), &config);

	assert(heap);
	//! [osm_heap_create]

	show_blocks(heap);

	//! [osm_heap_walk]
	size_t free_bytes = 0;

	osm_heap_walk(heap, add_free, &free_bytes);
	//! [osm_heap_walk]

	//! [osm_heap_stats]
	struct osm_stats stats;

	osm_heap_stats(heap, &stats);
	assert(stats.free_bytes == free_bytes && stats.live_blocks == 0);
	//! [osm_heap_stats]

	//! [osm_heap_tally]
	osm_heap_tally(heap, &stats); /* no walk: cheap after each operation */
	assert(stats.peak_live_bytes >= stats.live_bytes);
	//! [osm_heap_tally]

	//! [osm_heap_check]
	struct osm_fault fault;

	if (!osm_heap_check(heap, &fault))
		printf("%s at %p: %s\n", osm_fault_name(fault.kind), fault.where, fault.detail);
	//! [osm_heap_check]

	//! [osm_heap_trim]
	char *large = osm_heap_alloc(heap, 100000);

	osm_heap_free(heap, large);
	assert(osm_heap_trim(heap, 0) > 0); /* the heap's end goes back, but for a page at least */
	//! [osm_heap_trim]

	//! [osm_heap_purge]
	osm_heap_purge(heap); /* what whole pages within free blocks hold goes back too */
	//! [osm_heap_purge]

	//! [osm_heap_destroy]
	osm_heap_destroy(heap); /* live blocks end with it */
							//! [osm_heap_destroy]
}

static void show_arena(void)
{
	//! [osm_arena_init]
	static struct osm_arena arena;
	struct osm_heap *heap;

	osm_arena_init(&arena, memory, sizeof memory);
	heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &arena.backend, NULL);
	assert(heap);
	//! [osm_arena_init]
}

static void show_mock(void)
{
	//! [osm_mock_init]
	static struct osm_mock mock;
	struct osm_heap *heap;

	osm_mock_init(&mock, memory, sizeof memory);
	heap = osm_heap_create(osm_policy_find("best-fit", "tag"), &mock.backend, NULL);
	assert(heap);
	//! [osm_mock_init]

	//! [osm_mock_log]
	struct osm_mock_entry log[8];

	osm_mock_log(&mock, log, 8);
	osm_heap_free(heap, osm_heap_alloc(heap, 100));
	assert(mock.calls > 0 && log[0].call == OSM_MOCK_GROW);
	//! [osm_mock_log]

	//! [osm_mock_plan]
	struct osm_mock_plan refuse = {.fail_from = 1};

	osm_mock_plan(&mock, &refuse);
	assert(osm_heap_alloc(heap, 10000) == NULL);
	osm_mock_plan(&mock, NULL);
	assert(osm_heap_alloc(heap, 10000) != NULL);
	//! [osm_mock_plan]
}

//! [osm_error_handler]
static enum osm_fault_kind seen;

static void remember(struct osm_heap *heap, const char *call, const struct osm_fault *fault)
{
	(void)heap;
	(void)call;
	seen = fault->kind;
}
//! [osm_error_handler]

static void show_errors(void)
{
	struct osm_heap *heap = osm_heap_create(osm_policy_find("best-fit", "tag"), osm_backend_find("mmap"), NULL);
	char *p = osm_heap_alloc(heap, 100);

	//! [osm_set_error_handler]
	osm_error_handler *before = osm_set_error_handler(remember);

	osm_heap_free(heap, p);
	osm_heap_free(heap, p);
	assert(seen == OSM_FAULT_DOUBLE_FREE);
	osm_set_error_handler(before);
	//! [osm_set_error_handler]

	//! [osm_fault_name]
	assert(strcmp(osm_fault_name(OSM_FAULT_DOUBLE_FREE), "double free") == 0);
	//! [osm_fault_name]
	osm_heap_destroy(heap);
}

static void show_header(void)
{
	struct osm_heap *heap = osm_heap_create(osm_policy_find("best-fit", "meta"), osm_backend_find("mmap"), NULL);

	//! [block_meta_seal]
	char *p = osm_heap_alloc(heap, 100);
	const struct block_meta *header = (const struct block_meta *)(const void *)p - 1;

	assert(header->size >= 100 && header->status == STATUS_ALLOC);
	assert(header->check == block_meta_seal(header)); /* nobody has overwritten it */
	//! [block_meta_seal]

	//! [block_meta_link_hash]
	struct block_meta moved = *header;

	moved.next = NULL;
	moved.check ^= block_meta_link_hash(header->next, BLOCK_META_NEXT) ^ block_meta_link_hash(NULL, BLOCK_META_NEXT);
	//! [block_meta_link_hash]
	assert((moved.check == header->check) == (header->next == NULL));
	osm_heap_destroy(heap);
}

//! [osm_vsnprintf]
/* A line with a number before it. */
static int numbered(char *line, size_t n, int number, const char *format, ...)
{
	int length = osm_snprintf(line, n, "%d: ", number);
	va_list arguments;

	va_start(arguments, format);
	length += osm_vsnprintf(line + length, n - (size_t)length, format, arguments);
	va_end(arguments);
	return length;
}
//! [osm_vsnprintf]

//! [osm_vdprintf]
static int to_output(const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = osm_vdprintf(1, format, arguments);
	va_end(arguments);
	return length;
}
//! [osm_vdprintf]

static void show_printing(void)
{
	//! [osm_snprintf]
	char line[8];
	int length = osm_snprintf(line, sizeof line, "%s", "too long for it");

	assert(length == 15 && strcmp(line, "too lon") == 0);
	//! [osm_snprintf]
	char wide[32];

	assert(numbered(wide, sizeof wide, 7, "%zu bytes", (size_t)100) == 12 && strcmp(wide, "7: 100 bytes") == 0);

	//! [osm_printf]
	osm_printf("%d blocks of %#x bytes\n", 3, 255);
	//! [osm_printf]

	//! [osm_dprintf]
	osm_dprintf(1, "%-6s|%6.2s|\n", "left", "right");
	//! [osm_dprintf]
	assert(to_output("%s\n", "done") == 5);
}

int main(void)
{
	show_four_calls();
	show_tables();
	show_heap();
	show_arena();
	show_mock();
	show_errors();
	show_header();
	show_printing();
	return 0;
}

/* output:
3 blocks of 0xff bytes
left  |    ri|
done
*/
