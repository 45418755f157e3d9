/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heaps on the system's own memory, which refuses: each call of theirs to the system in turn, until none is refused; and
 * all of them from one on. After each operation the heap is in order and no block has changed, what was refused works when
 * it is asked again, and in the end the process has as many bytes as before.
 *
 * The linker leads the library's calls here (WRAPPED in SConstruct). Under a limit of the process it is the system itself
 * that refuses.
 */
#define _GNU_SOURCE
#include "support/limits.h"
#include "support/world.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define LIMIT ((size_t)12 << 20)

static const char *const scripts[] = {
	"a100 b9000 cc100 d30000@64 ra200 rb70000 cz150000 fd rb5000 ra9000 cy40000 rz300000 fc rz100 g64@8192 fa fb rg90",
	"a70000 rb10 ca40000 b9000 c9000 d9000 e9000 fb fd rc30000 ra90000 ra10 fe fc fa",
};

static const struct osm_config configs[] = {
	{.map_threshold = 32768},
	{.growth = OSM_GROWTH_GEOMETRIC,
     .map_threshold = SIZE_MAX,
     .trim_threshold = OSM_THRESHOLD_PAGE,
     .purge_threshold = OSM_THRESHOLD_PAGE},
	{.realloc = OSM_REALLOC_CLASSIC, .map_threshold = 32768, .calloc_threshold = OSM_THRESHOLD_PAGE},
};

/* ---- The calls */

static struct {
	unsigned calls;     /* so many were there */
	unsigned nth, from; /* this one fails; all fail from this one on; 0: none */
	size_t stays;       /* bytes of mappings whose munmap failed */
} plan;

static bool is_refused(void)
{
	plan.calls++;
	if (plan.calls != plan.nth && (plan.from == 0 || plan.calls < plan.from))
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_sbrk(intptr_t n);
void *__real_mmap(void *p, size_t n, int protection, int flags, int fd, off_t offset);
void *__real_mremap(void *p, size_t from, size_t to, int flags, ...);
int __real_munmap(void *p, size_t n);
int __real_mprotect(void *p, size_t n, int protection);
int __real_madvise(void *p, size_t n, int advice);

void *__wrap_sbrk(intptr_t n)
{
	return is_refused() ? (void *)-1 : __real_sbrk(n);
}

void *__wrap_mmap(void *p, size_t n, int protection, int flags, int fd, off_t offset)
{
	return is_refused() ? MAP_FAILED : __real_mmap(p, n, protection, flags, fd, offset);
}

void *__wrap_mremap(void *p, size_t from, size_t to, int flags, ...)
{
	return is_refused() ? MAP_FAILED : __real_mremap(p, from, to, flags);
}

/* Nobody can give back what the system does not take; the test does, so that all else can be counted. */
int __wrap_munmap(void *p, size_t n)
{
	if (!is_refused())
		return __real_munmap(p, n);
	__real_munmap(p, n);
	plan.stays += n;
	errno = ENOMEM;
	return -1;
}

int __wrap_mprotect(void *p, size_t n, int protection)
{
	return is_refused() ? -1 : __real_mprotect(p, n, protection);
}

int __wrap_madvise(void *p, size_t n, int advice)
{
	return is_refused() ? -1 : __real_madvise(p, n, advice);
}

/* ---- A program */

static struct shadow shadow;

static void audit(const struct cell *cell, const char *cursor)
{
	shadow_audit(&shadow);
	shadow_verify(&shadow);
	if (shadow.problem[0] != '\0')
		fail_msg("%s before \"%s\", failing call %u or from %u, of %u: %s", cell->name, cursor, plan.nth, plan.from,
		         plan.calls, shadow.problem);
}

static bool begin(const struct cell *cell, const struct osm_config *config)
{
	struct osm_backend *backend = osm_backend_find(cell->backend);
	struct osm_heap *heap;

	errno = 0;
	heap = osm_heap_create(cell->policy, backend, config);
	if (!heap) {
		assert_int_equal(errno, ENOMEM);
		heap = osm_heap_create(cell->policy, backend, config);
	}
	shadow_begin(&shadow, heap, 0);
	return heap != NULL;
}

/* What was refused is asked again once. Returns how many operations were refused twice. */
static unsigned run(const struct cell *cell, const char *script)
{
	struct script_op op;
	unsigned refused = 0;

	for (const char *cursor = script; script_next(&cursor, &op);) {
		if (op.call != SCRIPT_ALLOC && op.call != SCRIPT_CALLOC && !shadow.slots[op.slot].p)
			continue;
		if (!shadow_apply(&shadow, &op)) {
			audit(cell, cursor);
			refused += !shadow_apply(&shadow, &op);
		}
		audit(cell, cursor);
	}
	osm_heap_purge(shadow.heap);
	osm_heap_trim(shadow.heap, 0);
	audit(cell, "the end");
	return refused;
}

static void end(const struct cell *cell)
{
	shadow_free_all(&shadow);
	audit(cell, "the end of its blocks");
	osm_heap_destroy(shadow.heap);
}

/* What the process had before is what it has after; the break may have to stay where a call to lower it failed. */
struct had {
	size_t addresses;
	char *end;
};

static struct had note(void)
{
	return (struct had){address_space(), __real_sbrk(0)};
}

static void assert_all_back(const struct cell *cell, const struct had *before)
{
	struct had after = note();

	if (after.end > before->end && (plan.nth || plan.from)) {
		after.addresses -=
			((uintptr_t)after.end + PAGE - 1) / PAGE * PAGE - ((uintptr_t)before->end + PAGE - 1) / PAGE * PAGE;
		__real_sbrk(before->end - after.end);
		after.end = before->end;
	}
	if (after.addresses != before->addresses || after.end != before->end)
		fail_msg("%s, failing call %u or from %u, of %u: %zu bytes and the break %+td are left", cell->name, plan.nth,
		         plan.from, plan.calls, after.addresses - before->addresses, after.end - before->end);
}

/* ---- Tests */

typedef unsigned attempt(const struct cell *cell, const char *script, const struct osm_config *config, unsigned nth);

/* Try with each call in turn until no attempt has so many. Each policy with an index does so with another script and
 * configuration, and with slow=1 all do with all of them. */
static void everywhere(const struct cell *cell, attempt *try)
{
	static size_t turn;
	const char *slow = getenv("OSM_SLOW");
	bool all = slow && strcmp(slow, "1") == 0 && THRIFT == 1;

	if (!all && strstr(cell->policy->name, "-scan"))
		return;
	for (size_t i = 0; i < COUNT_OF(scripts) * COUNT_OF(configs); i++) {
		unsigned nth = 1;

		if (!all && i != turn % (COUNT_OF(scripts) * COUNT_OF(configs)))
			continue;
		while (try(cell, scripts[i % COUNT_OF(scripts)], configs + i / COUNT_OF(scripts), nth) >= nth)
			nth++;
		assert_true(nth > 4);
	}
	turn++;
	memset(&plan, 0, sizeof plan);
}

/* Returns how many calls there were. */
static unsigned one_fails(const struct cell *cell, const char *script, const struct osm_config *config, unsigned nth)
{
	struct had before = note();

	memset(&plan, 0, sizeof plan);
	plan.nth = nth;
	assert_true(begin(cell, config));
	assert_int_equal(run(cell, script), 0);
	end(cell);
	assert_all_back(cell, &before);
	return plan.calls;
}

static void each_call_fails_once(void **state)
{
	everywhere(*state, one_fails);
}

/* All fail from the nth on, until the script has ended; then the system has memory again, and so has the heap. */
static unsigned all_fail(const struct cell *cell, const char *script, const struct osm_config *config, unsigned nth)
{
	struct had before = note();
	unsigned calls, refused;

	memset(&plan, 0, sizeof plan);
	plan.from = nth;
	if (!begin(cell, config)) {
		assert_all_back(cell, &before);
		return plan.calls;
	}
	run(cell, script);
	calls = plan.calls;
	plan.from = UINT_MAX; /* none any more; a break that could not be lowered stays where it is */
	refused = run(cell, "x100 y50000 cw3000 rx5000");
	if (refused)
		fail_msg("%s, \"%s\", from call %u on: when memory is back, %u operations are refused", cell->name, script, nth,
		         refused);
	end(cell);
	assert_all_back(cell, &before);
	return calls;
}

static void all_calls_fail_from_nth_on(void **state)
{
	everywhere(*state, all_fail);
}

/* Blocks until there is nothing more; then half of them goes, and as much is there again. */
static void fill_and_half(const struct cell *cell, size_t n)
{
	unsigned count = 0, slot;

	while (count < SHADOW_SLOTS && shadow_alloc(&shadow, count, n, 1))
		count++;
	assert_in_range(count, 2, SHADOW_SLOTS - 1);
	assert_false(shadow_realloc(&shadow, 0, 2 * LIMIT));
	audit(cell, "full");
	for (slot = 0; slot < count; slot += 2)
		shadow_free(&shadow, slot);
	for (slot = 0; slot < count; slot += 2)
		assert_true(shadow_alloc(&shadow, slot, n, 1));
	audit(cell, "full again");
}

static void system_is_out_of(const struct cell *cell, __rlimit_resource_t what, size_t now,
                             const struct osm_config *config)
{
	struct had before = note();
	rlim_t limit;

	assert_true(begin(cell, config));
	limit = limit_set(what, now + LIMIT);
	fill_and_half(cell, (size_t)1 << 18);
	limit_set(what, limit);
	if (!config) /* a second region could be out of the policy's reach */
		assert_true(shadow_alloc(&shadow, SHADOW_SLOTS - 1, LIMIT, 1));
	end(cell);
	assert_all_back(cell, &before);
}

static void limit_reached_then_half_is_freed(void **state)
{
	static const struct osm_config in_regions = {.map_threshold = SIZE_MAX};
	const struct cell *cell = *state;

	if (!LIMITS_CAN_BE_SET || HEAPS_ARE_WATCHED)
		skip();
	memset(&plan, 0, sizeof plan);
	for (size_t i = 0; i < 2; i++) {
		system_is_out_of(cell, RLIMIT_AS, address_space(), i ? &in_regions : NULL);
		system_is_out_of(cell, RLIMIT_DATA, data_bytes(), i ? &in_regions : NULL);
	}
}

static const struct suite_test tests[] = {
	{"each_call_fails_once", each_call_fails_once, NULL, "brk"},
	{"each_call_fails_once", each_call_fails_once, NULL, "mmap"},
	{"all_calls_fail_from_nth_on", all_calls_fail_from_nth_on, NULL, "brk"},
	{"all_calls_fail_from_nth_on", all_calls_fail_from_nth_on, NULL, "mmap"},
	{"limit_reached_then_half_is_freed", limit_reached_then_half_is_freed, "best-fit", "brk"},
	{"limit_reached_then_half_is_freed", limit_reached_then_half_is_freed, "best-fit", "mmap"},
	{"limit_reached_then_half_is_freed", limit_reached_then_half_is_freed, "buddy", "mmap"},
};

int main(void)
{
	/* What the C library needs for itself in the meantime is there already, and stays below the heaps' break. */
	mallopt(M_TOP_PAD, 8 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	free(malloc(1 << 20));
	address_space();
	return suite_run("system_faults", tests, COUNT_OF(tests));
}
