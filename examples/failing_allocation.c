/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A test of a program's own code with failing allocations: memory runs out at the 1st, 2nd, 3rd ... call to the
 * backend, until it never does. Each time the code under test must say so, keep what it had, lose nothing, and work
 * again once there is memory.
 */
#undef NDEBUG
#include <assert.h>
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <stdio.h>
#include <string.h>

/* The code under test: a list of strings. */
struct list {
	struct osm_heap *heap;
	struct entry *newest;
	size_t count;
};

struct entry {
	struct entry *older;
	char *text;
};

//! [code under test]
static bool list_add(struct list *list, const char *text)
{
	struct entry *entry = osm_heap_alloc(list->heap, sizeof *entry);
	char *copy = osm_heap_alloc(list->heap, strlen(text) + 1);

	if (!entry || !copy) {
		osm_heap_free(list->heap, entry);
		osm_heap_free(list->heap, copy);
		return false;
	}
	*entry = (struct entry){list->newest, strcpy(copy, text)};
	list->newest = entry;
	list->count++;
	return true;
}
//! [code under test]

static void list_clear(struct list *list)
{
	while (list->newest) {
		struct entry *older = list->newest->older;

		osm_heap_free(list->heap, list->newest->text);
		osm_heap_free(list->heap, list->newest);
		list->newest = older;
	}
	list->count = 0;
}

/* The test. */
enum { WORDS = 3 };

static const char *const words[WORDS] = {"first", "next", "best"};
static char memory[65536];
static struct osm_mock mock;

static size_t live_blocks(struct osm_heap *heap)
{
	struct osm_stats stats;

	osm_heap_stats(heap, &stats);
	return stats.live_blocks;
}

static size_t add_from(struct list *list, size_t first)
{
	size_t i = first;

	while (i < WORDS && list_add(list, words[i]))
		i++;
	return i;
}

//! [test]
/* Memory runs out at the nth call from now on; false: there were not so many calls. */
static bool memory_runs_out_at(unsigned nth, struct osm_mock_entry *log, size_t room)
{
	/* With fail_nth instead the heap would get by: it asks for a fresh region when growing one fails. */
	struct osm_mock_plan plan = {.fail_from = nth};
	struct list list = {0};
	size_t added;
	bool failed;

	osm_mock_init(&mock, memory, sizeof memory);
	list.heap = osm_heap_create(osm_policy_find("first-fit-scan", "tag"), &mock.backend, NULL);
	assert(list.heap);
	osm_mock_plan(&mock, &plan);
	osm_mock_log(&mock, log, room);

	added = add_from(&list, 0);
	failed = mock.failures > 0;
	assert(added == list.count && failed == (added < WORDS));
	assert(live_blocks(list.heap) == 2 * added);
	assert(osm_heap_check(list.heap, NULL));

	osm_mock_plan(&mock, NULL);
	added = add_from(&list, added);
	assert(added == WORDS && strcmp(list.newest->text, words[WORDS - 1]) == 0);
	list_clear(&list);
	assert(live_blocks(list.heap) == 0);
	osm_heap_destroy(list.heap);
	assert(mock.mapped_bytes == 0);
	return failed;
}
//! [test]

//! [log]
static void print_offset(size_t offset)
{
	if (offset == OSM_MOCK_NONE)
		printf(" none");
	else
		printf(" %4zu", offset);
}

static void print_log(const struct osm_mock_entry *log, size_t count)
{
	static const char *const names[] = {"grow", "map", "unmap", "remap", "release"};

	for (size_t i = 0; i < count; i++) {
		printf("%-7s at", names[log[i].call]);
		print_offset(log[i].at);
		printf(": %2zu bytes, gives", log[i].n);
		print_offset(log[i].result);
		printf("\n");
	}
}
//! [log]

int main(void)
{
	struct osm_mock_entry log[5];
	unsigned nth = 1;

	while (memory_runs_out_at(nth, NULL, 0))
		nth++;
	printf("memory ran out at each of %u calls, and nothing was lost\n", nth - 1);

	printf("when it runs out at the 4th call:\n");
	memory_runs_out_at(4, log, 5);
	print_log(log, 5);
	return 0;
}

/* output:
memory ran out at each of 6 calls, and nothing was lost
when it runs out at the 4th call:
grow    at none: 48 bytes, gives    0
grow    at   48: 16 bytes, gives   48
grow    at   64: 32 bytes, gives   64
grow    at   96: 16 bytes, gives none
grow    at none: 32 bytes, gives none
*/
