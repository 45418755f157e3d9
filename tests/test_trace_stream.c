/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces as streams: what is written is read, in each form and packing; what is cut, changed or out of order is refused. */
#define _GNU_SOURCE
#include "support/unit.h"

#include <osmem/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/random.h"
#include "support/trace_file.h"

static const char all_kinds[] = "s 1 main+0x10;_start+0x1\n"
								"t 1 1000\n"
								"a 5 100 @1\n"
								"c 6 10 20\n"
								"t 2 2500\n"
								"m 18446744073709551615 64 5\n"
								"r 5 200\n"
								"s 2 f%20o+0x1\n"
								"r 6 300 7 @2\n"
								"t 1 2500\n"
								"c 8 0 7\n"
								"c 9 7 0\n"
								"f 7\n"
								"f 5 @2\n"
								"a 5 0\n";

/* The file again, in another form. */
static void convert(enum osm_trace_form form, enum osm_trace_packing packing)
{
	struct osm_trace_error error;
	struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
	struct osm_trace_writer *writer = osm_trace_create(trace_path, form, packing, &error);
	struct osm_trace_op op;
	uint32_t sites = 0;

	assert_non_null(reader);
	assert_non_null(writer);
	while (osm_trace_next(reader, &op) == OSM_TRACE_OP) {
		while (sites < osm_trace_totals(reader)->sites)
			assert_true(osm_trace_write_site(writer, osm_trace_site(reader, ++sites)));
		assert_true(osm_trace_write(writer, &op));
	}
	assert_int_equal(osm_trace_next(reader, &op), OSM_TRACE_END);
	assert_true(osm_trace_finish(writer, &error));
	osm_trace_close(reader);
}

static void convert_there_and_back_is_exact(void **state)
{
	size_t n;

	(void)state;
	for (int form = OSM_TRACE_TEXT; form <= OSM_TRACE_BINARY; form++)
		for (int packing = OSM_TRACE_PLAIN; packing <= OSM_TRACE_ZSTD; packing++) {
			file_write(all_kinds, sizeof all_kinds - 1);
			convert((enum osm_trace_form)form, (enum osm_trace_packing)packing);
			convert(OSM_TRACE_TEXT, OSM_TRACE_PLAIN);
			char *text = file_read(&n);
			assert_string_equal(text, all_kinds);
			free(text);
		}
}

static void convert_binary_is_these_bytes(void **state)
{
	static const unsigned char expected[] = {
		0x89, 'O', 'S',  'M',  'T', 1, '\r', '\n', /* head */
		0x17, 1,   0xd0, 0x0f,                     /* t 1 1000: folded 2000 */
		0x10, 10,  0xac, 0x02,                     /* a 5 300: folded +5 */
		0x15, 0,   1,    4,                        /* r 5 1 7 */
		0x14, 0,                                   /* f 7 */
		0x12, 13,  6,    8,                        /* m 0 64 8: folded -7 */
	};
	static const char text[] = "t 1 1000\na 5 300\nr 5 1 7\nf 7\nm 0 64 8\n";
	size_t n;

	(void)state;
	file_write(text, sizeof text - 1);
	convert(OSM_TRACE_BINARY, OSM_TRACE_PLAIN);
	char *bytes = file_read(&n);
	assert_int_equal(n, sizeof expected);
	assert_memory_equal(bytes, expected, sizeof expected);
	free(bytes);
}

static void convert_to_rep_renumbers_and_heads(void **state)
{
	size_t n;

	(void)state;
	file_write(all_kinds, sizeof all_kinds - 1);
	convert(OSM_TRACE_REP, OSM_TRACE_GZIP);
	convert(OSM_TRACE_REP, OSM_TRACE_PLAIN);
	char *text = file_read(&n);
	/* 6 blocks, 10 operations, at most 200 + 300 + 5 bytes */
	assert_string_equal(text,
	                    "1\n6\n10\n505\na 0 100\na 1 200\na 2 5\nr 0 200\nr 1 300\na 3 0\na 4 0\nf 1\nf 0\na 5 0\n");
	free(text);
}

static void read_hands_out_what_was_written(void **state)
{
	struct osm_trace_error error;
	struct osm_trace_op op;

	(void)state;
	file_write(all_kinds, sizeof all_kinds - 1);
	convert(OSM_TRACE_BINARY, OSM_TRACE_ZSTD);
	struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
	assert_non_null(reader);
	assert_int_equal(osm_trace_next(reader, &op), OSM_TRACE_OP);
	assert_int_equal(op.kind, OSM_TRACE_ALLOC);
	assert_true(op.id == 5 && op.id_after == 5 && op.size == 100 && op.site == 1 && op.thread == 1 && op.time == 1000);
	assert_string_equal(osm_trace_site(reader, 1), "main+0x10;_start+0x1");
	assert_null(osm_trace_site(reader, 2));
	assert_null(osm_trace_site(reader, 0));
	assert_int_equal(osm_trace_next(reader, &op), OSM_TRACE_OP);
	assert_true(op.kind == OSM_TRACE_CALLOC && op.count == 10 && op.each == 20 && op.size == 200 && op.site == 0);
	assert_int_equal(osm_trace_next(reader, &op), OSM_TRACE_OP);
	assert_true(op.kind == OSM_TRACE_ALIGNED && op.align == 64 && op.id == UINT64_MAX && op.slot == 2 &&
	            op.thread == 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(osm_trace_next(reader, &op), OSM_TRACE_OP);
	assert_true(op.kind == OSM_TRACE_REALLOC && op.id == 6 && op.id_after == 7 && op.slot == 1 && op.time == 2500);
	assert_int_equal(osm_trace_totals(reader)->live_bytes, 505);
	assert_true(osm_trace_progress(reader) > 0.9);
	osm_trace_close(reader);
}

static void form_is_what_the_name_says(void **state)
{
	static const struct {
		const char *name;
		enum osm_trace_form form;
		enum osm_trace_packing packing;
	} names[] = {
		{"a.rep", OSM_TRACE_REP, OSM_TRACE_PLAIN},          {"a.rep.gz", OSM_TRACE_REP, OSM_TRACE_GZIP},
		{"x/a.osmt.zst", OSM_TRACE_BINARY, OSM_TRACE_ZSTD}, {"a.osmt", OSM_TRACE_BINARY, OSM_TRACE_PLAIN},
		{"a.gz", OSM_TRACE_TEXT, OSM_TRACE_GZIP},           {"-", OSM_TRACE_TEXT, OSM_TRACE_PLAIN},
		{"osmt", OSM_TRACE_TEXT, OSM_TRACE_PLAIN},          {"", OSM_TRACE_TEXT, OSM_TRACE_PLAIN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		enum osm_trace_form form;
		enum osm_trace_packing packing;
		osm_trace_form_of(names[i].name, &form, &packing);
		assert_int_equal(form, names[i].form);
		assert_int_equal(packing, names[i].packing);
	}
}

/* ---- Bad files */

static const struct {
	const char *text;
	size_t line;
	const char *reason;
} bad[] = {
	{"a 1 2 @1\n", 1, "call site 1 has no name"},
	{"s 2 x\n", 1, "call site 1 is next, not 2"},
	{"s 1\n", 1, "'s' takes SITE FRAMES: 2 fields expected, 1 found"},
	{"s 1 x y\n", 1, "'s' takes SITE FRAMES: 2 fields expected, 3 found"},
	{"t 1\n", 1, "'t' takes THREAD TIME: 2 numbers expected, 1 found"},
	{"t 1 5\na 1 1\nt 1 4\n", 3, "time 4 lies before the mark's before it"},
	{"t 4294967296 5\n", 1, "thread 4294967296 is out of range"},
	{"a 1 2 @\n", 1, "a number is missing"},
	{"a 1 2 @x\n", 1, "not a number: 'x'"},
	{"a 1 2 @4294967296\n", 1, "number out of range: '4294967296'"},
	{"f 1 2 @1\n", 1, "'f' takes ID: 1 number expected, 3 found"},
	{"a 1 2\na 2 2\nr 1 5 2\n", 3, "block 2 is live already, since line 2"},
	{"a 1 2\nr 1 5 6\nf 1\n", 3, "block 1 is not live"},
	{"a 1 2\nr 1 5 6 7\n", 2, "'r' takes ID SIZE: 2 numbers expected, 4 found"},
};

static void read_bad_lines_are_named(void **state)
{
	struct osm_trace_summary totals;
	struct osm_trace_error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		file_write(bad[i].text, strlen(bad[i].text));
		assert_int_equal(read_all(&totals, &error), OSM_TRACE_BAD);
		assert_string_equal(error.reason, bad[i].reason);
		assert_int_equal(error.line, bad[i].line);
		assert_int_equal(error.byte, 0);
	}
}

static void read_site_that_is_too_long_is_refused(void **state)
{
	struct osm_trace_summary totals;
	struct osm_trace_error error;
	char text[6000];

	(void)state;
	for (size_t length = 3999; length <= 5800; length += length < 4002 ? 1 : 450) {
		memset(text, 'x', sizeof text);
		memcpy(text, "s 1 ", 4);
		text[4 + length] = '\n';
		file_write(text, length + 5);
		assert_int_equal(read_all(&totals, &error), length <= 4000 ? OSM_TRACE_END : OSM_TRACE_BAD);
		if (length > 4000)
			assert_string_equal(error.reason, "a call site has more than 4000 bytes");
	}
}

static const struct {
	const char *bytes;
	size_t n, byte;
	const char *reason;
} bad_binary[] = {
	{"\x89OSM", 4, 4, "the head of a binary trace is damaged"},
	{"\x89OSMT\x02\r\n", 8, 5, "a binary trace of another version"},
	{"\x89OSMT\x01\n\n", 8, 6, "the head of a binary trace is damaged"},
	{"\x89OSMT\x01\r\n\x02", 9, 9, "unknown record 2"},
	{"\x89OSMT\x01\r\n\x1e", 9, 9, "unknown record 30"},
	{"\x89OSMT\x01\r\n\x30", 9, 9, "unknown record 48"},
	{"\x89OSMT\x01\r\n\x10", 9, 9, "the trace ends within a record"},
	{"\x89OSMT\x01\r\n\x10\x02\x80", 11, 11, "the trace ends within a record"},
	{"\x89OSMT\x01\r\n\x14\x02", 10, 10, "block 1 is not live"},
	{"\x89OSMT\x01\r\n\x10\x02\x05\x10\x00\x05", 14, 14, "block 1 is live already, since byte 11"},
	{"\x89OSMT\x01\r\n\x10\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 20, 20,
     "number out of range: 18446744073709551615"},
	{"\x89OSMT\x01\r\n\x10\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 20, 20, "a number has more than 64 bits"},
	{"\x89OSMT\x01\r\n\x12\x02\x3f\x01", 12, 11, "number out of range: 63"},
	{"\x89OSMT\x01\r\n\x16\x00", 10, 10, "a call site without a name"},
	{"\x89OSMT\x01\r\n\x16\x01 ", 11, 11, "a call site with a byte that it cannot have"},
	{"\x89OSMT\x01\r\n\x16\xa1\x1f", 11, 11, "number out of range: 4001"},
	{"\x89OSMT\x01\r\n\x18\x02\x05\x01", 12, 12, "call site 1 has no name"},
	{"\x89OSMT\x01\r\n\x17\x01\x04\x17\x01\x01", 14, 14, "time 1 lies before the mark's before it"},
};

static void read_bad_bytes_are_named(void **state)
{
	struct osm_trace_summary totals;
	struct osm_trace_error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_binary); i++) {
		file_write(bad_binary[i].bytes, bad_binary[i].n);
		assert_int_equal(read_all(&totals, &error), OSM_TRACE_BAD);
		assert_string_equal(error.reason, bad_binary[i].reason);
		assert_int_equal(error.byte, bad_binary[i].byte);
		assert_int_equal(error.line, 0);
	}
}

static void read_zero_bytes_between_records_mean_nothing(void **state)
{
	static const char bytes[] = "\x89OSMT\x01\r\n\0\0\x10\x02\x05\0\x14\0\0\0\0\x01"; /* the last one: cut there */
	struct osm_trace_summary totals;
	struct osm_trace_error error;

	(void)state;
	file_write(bytes, sizeof bytes - 1);
	assert_int_equal(read_all(&totals, &error), OSM_TRACE_END);
	assert_int_equal(totals.ops, 2);
	assert_int_equal(totals.live_blocks, 0);
}

/* ---- Cut and changed */

static void assert_cut_is_seen(enum osm_trace_packing packing, const char *reason)
{
	struct osm_trace_summary totals;
	struct osm_trace_error error;
	size_t n;

	file_write(all_kinds, sizeof all_kinds - 1);
	convert(OSM_TRACE_BINARY, packing);
	char *bytes = file_read(&n);
	for (size_t cut = packing == OSM_TRACE_ZSTD ? 4 : 2; cut < n; cut++) {
		file_write(bytes, cut);
		assert_int_equal(read_all(&totals, &error), OSM_TRACE_BAD);
		assert_string_equal(error.reason, reason);
	}
	free(bytes);
}

static void read_cut_files_are_refused(void **state)
{
	(void)state;
	assert_cut_is_seen(OSM_TRACE_GZIP, "the compressed data ends early");
	assert_cut_is_seen(OSM_TRACE_ZSTD, "the compressed data ends early");
}

/* A plain binary one is whole where a record ends, which is after each operation. */
static void read_cut_binary_ends_with_a_record(void **state)
{
	struct osm_trace_summary totals;
	struct osm_trace_error error;
	size_t n, whole = 0;

	(void)state;
	file_write(all_kinds, sizeof all_kinds - 1);
	convert(OSM_TRACE_BINARY, OSM_TRACE_PLAIN);
	char *bytes = file_read(&n);
	for (size_t cut = 8; cut <= n; cut++) {
		file_write(bytes, cut);
		if (read_all(&totals, &error) == OSM_TRACE_END)
			whole++;
		else
			assert_string_equal(error.reason, "the trace ends within a record");
	}
	assert_int_equal(whole, 1 + 10 + 3 + 2); /* nothing, operations, marks, sites */
	free(bytes);
}

/* Whatever bytes there are: the reader ends, and its books agree. */
static void read_changed_bytes_do_no_harm(void **state)
{
	struct osm_trace_summary totals;
	struct osm_trace_error error;
	struct rng rng;
	size_t n, good = 0;

	(void)state;
	rng_begin(&rng, seed_from_environment());
	for (int form = OSM_TRACE_TEXT; form <= OSM_TRACE_BINARY; form++)
		for (int packing = OSM_TRACE_PLAIN; packing <= OSM_TRACE_ZSTD; packing++) {
			file_write(all_kinds, sizeof all_kinds - 1);
			convert((enum osm_trace_form)form, (enum osm_trace_packing)packing);
			char *bytes = file_read(&n);
			for (int i = 0; i < 2000 / THRIFT; i++) {
				size_t at = rng_below(&rng, n), other = rng_below(&rng, n);
				char kept = bytes[at], second = bytes[other];
				bytes[at] = (char)rng_below(&rng, 256);
				bytes[other] = (char)(bytes[other] ^ 1 << rng_below(&rng, 8));
				file_write(bytes, n);
				good += read_all(&totals, &error) == OSM_TRACE_END;
				bytes[other] = second;
				bytes[at] = kept;
			}
			free(bytes);
		}
	assert_true(good > 0); /* such as other sizes */
}

static void read_parts_packed_one_by_one_are_one(void **state)
{
	static const enum osm_trace_packing packings[] = {OSM_TRACE_GZIP, OSM_TRACE_ZSTD};
	struct osm_trace_summary totals;
	struct osm_trace_error error;
	size_t first, second;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(packings); i++) {
		file_write("a 1 2\n", 6);
		convert(OSM_TRACE_TEXT, packings[i]);
		char *one = file_read(&first);
		file_write("a 3 2\nf 3\n", 10);
		convert(OSM_TRACE_TEXT, packings[i]);
		char *two = file_read(&second);
		memcpy(one + first, two, second);
		file_write(one, first + second);
		assert_int_equal(read_all(&totals, &error), OSM_TRACE_END);
		assert_int_equal(totals.ops, 3);
		free(one);
		free(two);
	}
}

/* Longer than any buffer, and more in one piece of input than a piece of output takes. */
static void read_long_file_in_each_packing(void **state)
{
	enum { BLOCKS = 60000 / THRIFT };
	struct osm_trace_summary totals;
	struct osm_trace_error error;

	(void)state;
	for (int packing = OSM_TRACE_PLAIN; packing <= OSM_TRACE_ZSTD; packing++) {
		struct osm_trace_writer *writer =
			osm_trace_create(trace_path, OSM_TRACE_TEXT, (enum osm_trace_packing)packing, &error);
		assert_non_null(writer);
		for (uint64_t i = 0; i < BLOCKS; i++) {
			osm_trace_write(writer, &(struct osm_trace_op){.kind = OSM_TRACE_ALLOC, .id = 7, .id_after = 7, .size = 7});
			osm_trace_write(writer, &(struct osm_trace_op){.kind = OSM_TRACE_FREE, .id = 7, .id_after = 7});
		}
		assert_true(osm_trace_finish(writer, &error));
		assert_int_equal(read_all(&totals, &error), OSM_TRACE_END);
		assert_int_equal(totals.ops, 2 * BLOCKS);
		assert_int_equal(totals.slots, 1);
	}
}

/* ---- Strays */

static void tolerate_hands_strays_out(void **state)
{
	static const char text[] = "a 1 5\nf 1\nf 1\nf 9\na 2 3\na 2 4\nr 8 9\na 3 1\nr 2 7 3\nf 2\n";
	static const struct {
		enum osm_trace_next found;
		uint64_t line; /* of a stray */
	} expected[] = {{OSM_TRACE_OP, 0},    {OSM_TRACE_OP, 0},    {OSM_TRACE_STRAY, 3}, {OSM_TRACE_STRAY, 4},
	                {OSM_TRACE_OP, 0},    {OSM_TRACE_STRAY, 6}, {OSM_TRACE_STRAY, 7}, {OSM_TRACE_OP, 0},
	                {OSM_TRACE_STRAY, 9}, {OSM_TRACE_OP, 0},    {OSM_TRACE_END, 0}};
	struct osm_trace_error error;
	struct osm_trace_op op;

	(void)state;
	file_write(text, sizeof text - 1);
	struct osm_trace_reader *reader = osm_trace_open(trace_path, &error);
	assert_non_null(reader);
	osm_trace_tolerate(reader);
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_int_equal(osm_trace_next(reader, &op), expected[i].found);
		if (expected[i].found == OSM_TRACE_STRAY)
			assert_int_equal(osm_trace_failure(reader)->line, expected[i].line);
	}
	assert_int_equal(osm_trace_totals(reader)->ops, 5);
	assert_int_equal(osm_trace_totals(reader)->live_blocks, 1);
	osm_trace_close(reader);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(convert_there_and_back_is_exact),
		cmocka_unit_test(convert_binary_is_these_bytes),
		cmocka_unit_test(convert_to_rep_renumbers_and_heads),
		cmocka_unit_test(read_hands_out_what_was_written),
		cmocka_unit_test(form_is_what_the_name_says),
		cmocka_unit_test(read_bad_lines_are_named),
		cmocka_unit_test(read_site_that_is_too_long_is_refused),
		cmocka_unit_test(read_bad_bytes_are_named),
		cmocka_unit_test(read_zero_bytes_between_records_mean_nothing),
		cmocka_unit_test(read_cut_files_are_refused),
		cmocka_unit_test(read_cut_binary_ends_with_a_record),
		cmocka_unit_test(read_changed_bytes_do_no_harm),
		cmocka_unit_test(read_parts_packed_one_by_one_are_one),
		cmocka_unit_test(read_long_file_in_each_packing),
		cmocka_unit_test(tolerate_hands_strays_out),
	};

	return !!cmocka_run_group_tests(tests, trace_file_begin, trace_file_end);
}
