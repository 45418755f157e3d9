/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces while the system refuses: each call for memory and each call on a file fails in turn, until none does. The linker
 * leads libosmem-trace's calls here (--wrap).
 */
#define _GNU_SOURCE
#include "support/trace_file.h"
#include "support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <osmem/trace.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "framework/trace/retry.h"

enum { BLOCKS = 9000 }; /* more than a piece of text */

static char part[128]; /* what trace_path is called until it is whole */

static size_t calls, fail_at; /* 0: none fails */
static bool pieces;           /* read and write take a byte, or are interrupted */

static bool fails(int reason)
{
	if (!fail_at || ++calls != fail_at)
		return false;
	errno = reason;
	return true;
}

#define WRAP(type, name, arguments, passed, nothing, reason)     \
	type __real_##name arguments;                                \
	type __wrap_##name arguments;                                \
	type __wrap_##name arguments                                 \
	{                                                            \
		return fails(reason) ? (nothing) : __real_##name passed; \
	}

WRAP(void *, malloc, (size_t n), (n), NULL, ENOMEM)
WRAP(void *, calloc, (size_t count, size_t n), (count, n), NULL, ENOMEM)
WRAP(void *, realloc, (void *p, size_t n), (p, n), NULL, ENOMEM)
WRAP(char *, strdup, (const char *text), (text), NULL, ENOMEM)
WRAP(FILE *, tmpfile, (void), (), NULL, EMFILE)
WRAP(int, rename, (const char *from, const char *to), (from, to), -1, EXDEV)

ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n);
ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __real_close(int fd);
int __wrap_close(int fd);

/* Every other call is interrupted, the others take a little. */
static bool is_interrupted(void)
{
	static bool turn;

	turn = pieces && !turn;
	if (turn)
		errno = EINTR;
	return turn;
}

ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
	if (fails(EIO) || is_interrupted())
		return -1;
	return __real_read(fd, bytes, pieces && n > 3 ? 3 : n);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
	if (fails(ENOSPC) || is_interrupted())
		return -1;
	return __real_write(fd, bytes, pieces && n > 1000 ? 1000 : n);
}

/* As on Linux, the descriptor is gone even then. */
int __wrap_close(int fd)
{
	bool refused = fails(EDQUOT);
	int status = __real_close(fd);

	if (refused)
		errno = EDQUOT;
	return refused ? -1 : status;
}

/* ---- */

static bool trace_write(enum osm_trace_form form, enum osm_trace_packing packing, struct osm_trace_error *error)
{
	struct osm_trace_writer *writer = osm_trace_create(trace_path, form, packing, error);

	if (!writer)
		return false;
	osm_trace_write_site(writer, "main+0x1");
	for (uint64_t i = 0; i < BLOCKS; i++)
		osm_trace_write(writer,
		                &(struct osm_trace_op){.kind = OSM_TRACE_ALLOC, .id = i, .id_after = i, .size = i, .site = 1});
	osm_trace_write(writer, &(struct osm_trace_op){.kind = OSM_TRACE_REALLOC, .id = 5, .id_after = BLOCKS, .size = 7});
	for (uint64_t i = 6; i < BLOCKS; i += 2)
		osm_trace_write(writer, &(struct osm_trace_op){.kind = OSM_TRACE_FREE, .id = i, .id_after = i});
	return osm_trace_finish(writer, error);
}

/* False: refused, and `error` says why. */
static bool trace_read(struct osm_trace_error *error)
{
	struct osm_trace_reader *reader = osm_trace_open(trace_path, error);
	enum osm_trace_next found;
	struct osm_trace_op op;

	if (!reader)
		return false;
	do
		found = osm_trace_next(reader, &op);
	while (found == OSM_TRACE_OP);
	if (found == OSM_TRACE_BAD)
		*error = *osm_trace_failure(reader);
	else
		assert_int_equal(osm_trace_totals(reader)->ops, BLOCKS + 1 + (BLOCKS - 6) / 2);
	osm_trace_close(reader);
	return found == OSM_TRACE_END;
}

static void assert_reason_is_the_systems(const struct osm_trace_error *error)
{
	static const int reasons[] = {ENOMEM, EMFILE, EXDEV, EIO, ENOSPC, EDQUOT};
	bool known = false;

	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		known = known || strcmp(error->reason, strerror(reasons[i])) == 0;
	if (!known)
		fail_msg("'%s'", error->reason);
}

static void write_each_failure_is_told_and_leaves_no_file(void **state)
{
	struct osm_trace_error error;

	(void)state;
	for (int form = OSM_TRACE_TEXT; form <= OSM_TRACE_REP; form++)
		for (int packing = OSM_TRACE_PLAIN; packing <= OSM_TRACE_ZSTD; packing++) {
			bool is_whole = false;
			size_t n = 0;
			while (!is_whole) {
				unlink(trace_path);
				calls = 0;
				fail_at = ++n;
				is_whole = trace_write((enum osm_trace_form)form, (enum osm_trace_packing)packing, &error);
				bool was_reached = calls >= fail_at;
				fail_at = 0;
				assert_true(was_reached == !is_whole);
				assert_int_not_equal(access(part, F_OK), 0);
				assert_int_equal(access(trace_path, F_OK) == 0, is_whole);
				if (!is_whole)
					assert_reason_is_the_systems(&error);
			}
			assert_true(n > 4);
			assert_true(trace_read(&error));
		}
}

static void read_each_failure_is_told(void **state)
{
	struct osm_trace_error error;

	(void)state;
	for (int form = OSM_TRACE_TEXT; form <= OSM_TRACE_BINARY; form++)
		for (int packing = OSM_TRACE_PLAIN; packing <= OSM_TRACE_ZSTD; packing++) {
			assert_true(trace_write((enum osm_trace_form)form, (enum osm_trace_packing)packing, &error));
			bool is_read = false;
			size_t n = 0;
			while (!is_read) {
				calls = 0;
				fail_at = ++n;
				is_read = trace_read(&error);
				bool was_reached = calls >= fail_at;
				fail_at = 0;
				if (!is_read) {
					assert_true(was_reached);
					assert_reason_is_the_systems(&error);
				} else if (was_reached) {
					is_read = false; /* it was the close, which harms no reader */
					assert_true(n > 10);
				}
			}
			assert_true(n > 10);
		}
}

static void pieces_and_signals_change_nothing(void **state)
{
	struct osm_trace_error error;

	(void)state;
	for (int packing = OSM_TRACE_PLAIN; packing <= OSM_TRACE_ZSTD; packing++) {
		pieces = true;
		assert_true(trace_write(OSM_TRACE_BINARY, (enum osm_trace_packing)packing, &error));
		assert_true(trace_read(&error));
		pieces = false;
		assert_true(trace_read(&error));
	}
}

static bool say_over(void)
{
	return true;
}

static void interrupted_for_good_ends_and_leaves_no_file(void **state)
{
	struct osm_trace_error error;

	(void)state;
	assert_true(trace_write(OSM_TRACE_TEXT, OSM_TRACE_PLAIN, &error));
	retry_is_over = say_over;
	assert_false(trace_read(&error));
	assert_string_equal(error.reason, strerror(EINTR));
	unlink(trace_path);
	assert_false(trace_write(OSM_TRACE_TEXT, OSM_TRACE_PLAIN, &error));
	retry_is_over = NULL;
	assert_string_equal(error.reason, strerror(EINTR));
	assert_int_not_equal(access(trace_path, F_OK), 0);
	assert_int_not_equal(access(part, F_OK), 0);
}

static bool step(void *context, const struct osm_trace_op *op, void *payload)
{
	(void)op;
	(void)payload;
	++*(size_t *)context;
	return true;
}

static void replay_each_failure_frees_all(void **state)
{
	struct osm_trace_error error;
	bool is_done = false;

	(void)state;
	assert_true(trace_write(OSM_TRACE_BINARY, OSM_TRACE_PLAIN, &error));
	for (size_t n = 1; !is_done; n++) {
		struct osm_heap *heap = osm_heap_create(osm_policy_find("first-fit", "tag"), osm_backend_find("mmap"), NULL);
		struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
		struct osm_stats stats;
		size_t steps = 0;

		assert_non_null(heap);
		assert_non_null(reader);
		calls = 0;
		fail_at = n;
		is_done = osm_trace_replay(reader, heap, step, &steps, &error);
		fail_at = 0;
		assert_true(is_done == (steps == osm_trace_totals(reader)->ops && calls < n));
		osm_trace_close(reader);
		osm_heap_stats(heap, &stats);
		assert_int_equal(stats.live_blocks, 0);
		osm_heap_destroy(heap);
	}
}

static int file_begin(void **state)
{
	int failed = trace_file_begin(state);

	snprintf(part, sizeof part, "%s.part", trace_path);
	return failed;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_each_failure_is_told_and_leaves_no_file),
		cmocka_unit_test(read_each_failure_is_told),
		cmocka_unit_test(pieces_and_signals_change_nothing),
		cmocka_unit_test(interrupted_for_good_ends_and_leaves_no_file),
		cmocka_unit_test(replay_each_failure_frees_all),
	};

	return !!cmocka_run_group_tests(tests, file_begin, trace_file_end);
}
