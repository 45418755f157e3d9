/* SPDX-License-Identifier: BSD-3-Clause */
/* The trace reader: good and bad files, plain and gzip, and the map from IDs to slots under it. */
#define _GNU_SOURCE
#include "support/trace_file.h"
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "framework/trace/idmap.h"
#include "tools/trace.h"

/* The file's bytes after text was compressed into it, in memory of its own. */
static unsigned char *file_compress(const char *text, size_t n, size_t *length)
{
	gzFile gz = gzopen(trace_path, "wb");
	unsigned char *bytes = malloc(n + 4096);
	FILE *file;

	assert_non_null(gz);
	assert_non_null(bytes);
	assert_int_equal(gzwrite(gz, text, (unsigned)n), (int)n);
	assert_int_equal(gzclose(gz), Z_OK);
	file = fopen(trace_path, "rb");
	assert_non_null(file);
	*length = fread(bytes, 1, n + 4096, file);
	assert_int_equal(fclose(file), 0);
	return bytes;
}

/* Operations as text: kind, slot, size, and behind a slash the alignment of an aligned one. */
static void trace_show(const struct trace *trace, char *text, size_t room)
{
	size_t at = 0;

	*text = '\0';
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_op *op = &trace->ops[i];

		at += (size_t)snprintf(text + at, room - at, "%s%c%u:%zu", i > 0 ? " " : "", "acmrf"[op->kind], op -> slot,
		                       op -> size);
		if (op->kind == OSM_TRACE_ALIGNED)
			at += (size_t)snprintf(text + at, room - at, "/%zu", (size_t)1 << op->align_shift);
		assert_true(at < room);
	}
}

static const struct {
	const char *text, *ops;
} good[] = {
	{"", ""},
	{"# nothing\n\n", ""},
	{"a 0 5\nf 0\n", "a0:5 f0:0"},
	{"a 0 5", "a0:5"},
	{"a 0 0\nr 0 7\nr 0 0\nf 0\n", "a0:0 r0:7 r0:0 f0:0"},
	{"a 1 2\nc 2 3 4\nm 3 64 5\nr 1 9\nf 2\n", "a0:2 c1:12 m2:5/64 r0:9 f1:0"},
	{"a 18446744073709551615 1\nf 18446744073709551615\n", "a0:1 f0:0"},
	{"a 7 9223372036854775807\n", "a0:9223372036854775807"},
	{"c 7 9223372036854775807 0\nc 8 0 9223372036854775807\n", "c0:0 c1:0"},
	{"m 1 1 3\nm 2 4611686018427387904 3\n", "m0:3/1 m1:3/4611686018427387904"},
	{"a 10 1\na 20 2\nf 10\na 30 3\na 10 4\n", "a0:1 a1:2 f0:0 a0:3 a2:4"},
	{"a 007 000000008\nf 7\n", "a0:8 f0:0"},
	{"  a\t1   2  # first\n#\n\n \t\nf 1#last", "a0:2 f0:0"},
	{"a 1 2\r\nf 1\r\n", "a0:2 f0:0"},
	{"1\n20\n30\n40\na 1 2\n", "a0:2"},
	{"1 20 30 40\na 1 2\n", "a0:2"},
	{"# head\n100\n\n2 # two\na 1 2\n", "a0:2"},
};

static const struct {
	const char *text;
	size_t line;
	const char *reason;
} bad[] = {
	{"x 1 2\n", 1, "unknown operation 'x'"},
	{"a 1 2\n\n# c\nfree 1\n", 4, "unknown operation 'free'"},
	{"A 1 2\n", 1, "unknown operation 'A'"},
	{"a 1 2\n\033[2J\377 1\n", 2, "unknown operation '?[2J?'"},
	{"a\n", 1, "'a' takes ID SIZE: 2 numbers expected, 0 found"},
	{"a 1 # 2\n", 1, "'a' takes ID SIZE: 2 numbers expected, 1 found"},
	{"a 1 2 3\n", 1, "'a' takes ID SIZE: 2 numbers expected, 3 found"},
	{"c 1 2\n", 1, "'c' takes ID COUNT SIZE: 3 numbers expected, 2 found"},
	{"m 1 2 3 4 5 6 7\n", 1, "'m' takes ID ALIGN SIZE: 3 numbers expected, 7 found"},
	{"a 1 2\nr 1\n", 2, "'r' takes ID SIZE: 2 numbers expected, 1 found"},
	{"a 1 2\nf 1 2\n", 2, "'f' takes ID: 1 number expected, 2 found"},
	{"a x 2\n", 1, "not a number: 'x'"},
	{"a 1 -2\n", 1, "not a number: '-2'"},
	{"a 1 0x20\n", 1, "not a number: '0x20'"},
	{"a 1 2.5\n", 1, "not a number: '2.5'"},
	{"a 18446744073709551616 1\n", 1, "number out of range: '18446744073709551616'"},
	{"a 1 9223372036854775808\n", 1, "number out of range: '9223372036854775808'"},
	{"a 1 9999999999999999999999999999999999999999999999999\n", 1,
     "number out of range: '999999999999999999999999999999999999...'"},
	{"a 1 5\na 2 6\na 1 7\n", 3, "block 1 is live already, since line 1"},
	{"a 1 5\nc 1 6 6\n", 2, "block 1 is live already, since line 1"},
	{"f 3\n", 1, "block 3 is not live"},
	{"r 3 5\n", 1, "block 3 is not live"},
	{"a 3 5\nf 3\nf 3\n", 3, "block 3 is not live"},
	{"a 3 5\nf 3\nr 3 6\n", 3, "block 3 is not live"},
	{"m 1 0 8\n", 1, "alignment 0 is not a power of two"},
	{"m 1 24 8\n", 1, "alignment 24 is not a power of two"},
	{"c 1 4611686018427387904 2\n", 1, "COUNT times SIZE is out of range"},
	{"a 1 9223372036854775807\na 2 1\n", 2, "the live blocks' sizes add up to more than an address space"},
	{"1\n2\n3\n4\n5\na 1 2\n", 5, "more than 4 numbers before the first operation"},
	{"1 2 3 4 5 6\n", 1, "more than 4 numbers before the first operation"},
	{"1 two\n", 1, "not a number: 'two'"},
	{"a 1 2\n3\n", 2, "a number where an operation is expected: '3'"},
};

static void load_good_files_are_read(void **state)
{
	char ops[400];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct trace trace;
		struct osm_trace_error error;

		file_write(good[i].text, strlen(good[i].text));
		assert_true(trace_load(&trace, trace_path, &error));
		trace_show(&trace, ops, sizeof ops);
		assert_string_equal(ops, good[i].ops);
		trace_release(&trace);
	}
}

static void assert_refused(size_t line, const char *reason)
{
	struct trace trace;
	struct osm_trace_error error;

	assert_false(trace_load(&trace, trace_path, &error));
	assert_string_equal(error.reason, reason);
	assert_int_equal(error.line, line);
	assert_null(trace.ops);
}

static void load_bad_files_name_line_and_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		file_write(bad[i].text, strlen(bad[i].text));
		assert_refused(bad[i].line, bad[i].reason);
	}
}

static void load_zero_byte_is_no_end_of_text(void **state)
{
	(void)state;
	file_write("a\0 1 2\n", 7);
	assert_refused(1, "unknown operation 'a?'");
}

static void load_no_file_is_named(void **state)
{
	struct trace trace;
	struct osm_trace_error error;

	(void)state;
	assert_false(trace_load(&trace, "no/such/file", &error));
	assert_int_equal(error.line, 0);
	assert_string_equal(error.reason, "No such file or directory");
	assert_false(trace_load(&trace, P_tmpdir, &error));
	assert_string_equal(error.reason, "Is a directory");
}

static void load_counts_peak_and_last_allocation(void **state)
{
	static const char text[] = "a 1 100\na 2 50\nf 1\na 3 100\nr 2 10\nr 2 50\nf 2\na 4 0\nf 3\nf 4\n";
	struct trace trace;
	struct osm_trace_error error;

	(void)state;
	file_write(text, sizeof text - 1);
	assert_true(trace_load(&trace, trace_path, &error));
	assert_int_equal(trace.count, 10);
	assert_int_equal(trace.blocks, 4);
	assert_int_equal(trace.slots, 2);
	assert_int_equal(trace.peak_bytes, 150);
	assert_int_equal(trace.peak_at, 2);
	assert_int_equal(trace.alloc_end, 8);
	trace_release(&trace);
}

/* Many times the buffer, so that fields, comments and lines lie across its end at every place. */
static char *long_text(size_t lines, size_t *n)
{
	char *text = malloc(lines * 200);

	assert_non_null(text);
	*n = 0;
	for (size_t i = 0; i < lines; i++)
		*n += (size_t)sprintf(text + *n, "a %zu %zu # %.*s\nf %zu\n", i * 1000003, i, (int)(i % 100),
		                      "----------------------------------------------------------------------------------------"
		                      "------------",
		                      i * 1000003);
	return text;
}

static void assert_long_trace(size_t lines)
{
	struct trace trace;
	struct osm_trace_error error;

	assert_true(trace_load(&trace, trace_path, &error));
	assert_int_equal(trace.count, 2 * lines);
	assert_int_equal(trace.slots, 1);
	for (size_t i = 0; i < lines; i++) {
		assert_int_equal(trace.ops[2 * i].size, i);
		assert_int_equal(trace.ops[2 * i + 1].kind, OSM_TRACE_FREE);
	}
	trace_release(&trace);
}

static void load_long_file_plain_and_gzip_are_the_same(void **state)
{
	size_t n, length;
	char *text = long_text(5000, &n);

	(void)state;
	file_write(text, n);
	assert_long_trace(5000);
	free(file_compress(text, n, &length));
	assert_long_trace(5000);
	free(text);
}

static void load_comment_longer_than_any_buffer_is_skipped(void **state)
{
	size_t n = 300000;
	char *text = malloc(n);
	struct trace trace;
	struct osm_trace_error error;

	(void)state;
	assert_non_null(text);
	memset(text, '#', n);
	memcpy(text + n - 7, "\na 1 2\n", 7);
	file_write(text, n);
	assert_true(trace_load(&trace, trace_path, &error));
	assert_int_equal(trace.count, 1);
	trace_release(&trace);
	free(text);
}

/* Numbers whose last digits come behind so many zeros that they are not kept would be others. */
static void load_line_longer_than_what_is_kept_is_refused(void **state)
{
	static const char *const before[] = {"a 1 ", "a ",   "c 1 2 ",  "m 1 64 ", "a 1 8\nr 1 ",
	                                     "",     "t 1 ", "a 1 8 @", "a 1 8 x"};
	static const char *const after[] = {"8000", "1 8", "3", "8", "9", "1\na 1 8", "5\na 1 8", "0", ""};
	char text[5000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(before); i++)
		for (int zeros = 4000; zeros <= 4400; zeros += 200) {
			size_t n = (size_t)snprintf(text, sizeof text, "# 1\n%s%0*d%s\n", before[i], zeros, 0, after[i]);
			struct osm_trace_error error = {0};
			struct trace trace;

			file_write(text, n);
			bool is_read = trace_load(&trace, trace_path, &error);
			if (is_read)
				trace_release(&trace);
			assert_true(is_read == (zeros == 4000 && *after[i]));
			if (zeros == 4000)
				continue;
			assert_string_equal(error.reason, "the line's fields are too long");
			assert_int_equal(error.line, strchr(before[i], '\n') ? 3 : 2);
		}
}

/* A gzip file that ends at any byte is refused, in the line where the text ends. */
static void load_cut_gzip_is_refused(void **state)
{
	static const char text[] = "a 1 100\na 2 200\nf 1\nf 2\n";
	size_t length;
	unsigned char *bytes = file_compress(text, sizeof text - 1, &length);

	(void)state;
	for (size_t n = 3; n < length; n++) {
		struct trace trace;
		struct osm_trace_error error;

		file_write(bytes, n);
		assert_false(trace_load(&trace, trace_path, &error));
		assert_string_equal(error.reason, "the compressed data ends early");
		assert_in_range(error.line, 1, 5);
	}
	free(bytes);
}

static void load_damaged_gzip_is_refused(void **state)
{
	size_t n, length;
	char *text = long_text(100, &n);
	unsigned char *bytes = file_compress(text, n, &length);
	struct trace trace;
	struct osm_trace_error error;

	(void)state;
	bytes[length - 8] ^= 1; /* the checksum */
	file_write(bytes, length);
	assert_false(trace_load(&trace, trace_path, &error));
	assert_string_equal(error.reason, "the compressed data is damaged");
	free(bytes);
	free(text);
}

/* Against an array: IDs that collide and wrap round the table's end come and go. */
static void idmap_random_changes_agree_with_model(void **state)
{
	enum { IDS = 300 };
	uint32_t model[IDS];
	struct idmap map = {0};
	uint32_t random = 1;

	(void)state;
	memset(model, 0xff, sizeof model);
	for (uint32_t step = 0; step < 20000; step++) {
		random = random * 1664525u + 1013904223u;
		uint64_t i = (random >> 8) % IDS;
		uint64_t id = i * 0x100000000u;

		if (model[i] == IDMAP_NONE)
			assert_true(idmap_add(&map, id, step));
		else
			idmap_remove(&map, id);
		model[i] = model[i] == IDMAP_NONE ? step : IDMAP_NONE;
		if (step % 64 == 0) {
			for (uint64_t k = 0; k < IDS; k++)
				assert_int_equal(idmap_find(&map, k * 0x100000000u), model[k]);
		}
	}
	idmap_release(&map);
	assert_int_equal(idmap_find(&map, 0), IDMAP_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(load_good_files_are_read),
		cmocka_unit_test(load_bad_files_name_line_and_reason),
		cmocka_unit_test(load_zero_byte_is_no_end_of_text),
		cmocka_unit_test(load_no_file_is_named),
		cmocka_unit_test(load_counts_peak_and_last_allocation),
		cmocka_unit_test(load_long_file_plain_and_gzip_are_the_same),
		cmocka_unit_test(load_comment_longer_than_any_buffer_is_skipped),
		cmocka_unit_test(load_line_longer_than_what_is_kept_is_refused),
		cmocka_unit_test(load_cut_gzip_is_refused),
		cmocka_unit_test(load_damaged_gzip_is_refused),
		cmocka_unit_test(idmap_random_changes_agree_with_model),
	};

	return !!cmocka_run_group_tests(tests, trace_file_begin, trace_file_end);
}
