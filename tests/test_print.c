/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Printing into memory: tables of single situations, and a comparison with the C library on random formats. The
 * descriptors have a program of their own, test_print_fd.c.
 */
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <osmem/print.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define GUARD 0x5a

/* Volatile, so that the compiler knows no target and does not warn of formats that are wrong on purpose. */
static int (*volatile print)(char *, size_t, const char *, ...) = osm_snprintf;

#define EXPECT(expected, ...)                                  \
	do {                                                       \
		char text_[128];                                       \
		int length_ = print(text_, sizeof text_, __VA_ARGS__); \
		assert_string_equal(text_, expected);                  \
		assert_int_equal(length_, (int)strlen(expected));      \
	} while (0)

/* ---- single situations ---- */

static void integer_each_conversion_uses_its_base(void **state)
{
	(void)state;
	EXPECT("-42", "%d", -42);
	EXPECT("-42", "%i", -42);
	EXPECT("4294967254", "%u", -42);
	EXPECT("beef", "%x", 0xbeef);
	EXPECT("BEEF", "%X", 0xbeef);
	EXPECT("755", "%o", 0755);
	EXPECT("0 0 0 0", "%d %u %x %o", 0, 0, 0, 0);
}

static void integer_extremes_are_printed_in_full(void **state)
{
	(void)state;
	EXPECT("-2147483648 2147483647", "%d %d", INT_MIN, INT_MAX);
	EXPECT("-9223372036854775808", "%lld", LLONG_MIN);
	EXPECT("-9223372036854775808", "%jd", INTMAX_MIN);
	EXPECT("18446744073709551615", "%ju", UINTMAX_MAX);
	EXPECT("01777777777777777777777", "%#jo", UINTMAX_MAX);
	EXPECT("0XFFFFFFFFFFFFFFFF", "%#jX", UINTMAX_MAX);
}

static void integer_length_says_what_is_read(void **state)
{
	(void)state;
	EXPECT("44 255 -128 127", "%hhd %hhu %hhd %hhd", 300, -1, 128, -129);
	EXPECT("4464 65535 -32768", "%hd %hu %hd", 70000, -1, 32768);
	EXPECT("-1 1 -2 2 -3 3", "%ld %lu %lld %llu %zd %zu", -1L, 1UL, -2LL, 2ULL, (ptrdiff_t)-3, (size_t)3);
	EXPECT("-4 4 -5 5", "%td %tu %jd %ju", (ptrdiff_t)-4, (ptrdiff_t)4, INTMAX_C(-5), UINTMAX_C(5));
}

static void flags_each_alone_and_combined_work(void **state)
{
	(void)state;
	EXPECT("[+5] [-5] [+0]", "[%+d] [%+d] [%+d]", 5, -5, 0);
	EXPECT("[ 5] [-5] [+5]", "[% d] [% d] [% +d]", 5, -5, 5);
	EXPECT("[    5] [5    ] [00005] [-0005]", "[%5d] [%-5d] [%05d] [%05d]", 5, 5, 5, -5);
	EXPECT("[0x1f] [0X1F] [0] [010] [0]", "[%#x] [%#X] [%#x] [%#o] [%#o]", 31, 31, 0, 8, 0);
	EXPECT("[ 0x01f] [ 0x1f] [0x1f ]", "[%#06.3x] [%#5x] [%#-5x]", 31, 31, 31);
	EXPECT("[+1  ] [5    ]", "[%-+ #04d] [%-05d]", 1, 5);
	EXPECT("[3] [3] [3]", "[%+u] [% u] [%+x]", 3, 3, 3);
}

static void precision_gives_digits_and_switches_the_zero_flag_off(void **state)
{
	(void)state;
	EXPECT("[005] [-005] [  005] [005  ]", "[%.3d] [%.3d] [%05.3d] [%-5.3d]", 5, -5, 5, 5);
	EXPECT("[] [] [  ] [+] [0] []", "[%.0d] [%.x] [%2.0u] [%+.0d] [%#.0o] [%#.0x]", 0, 0, 0, 0, 0, 0);
	EXPECT("[00010] [010]", "[%#.5o] [%#.2o]", 8, 8);
}

static void star_takes_width_and_precision_from_arguments(void **state)
{
	(void)state;
	EXPECT("[    7] [7    ] [00007]", "[%*d] [%*d] [%0*d]", 5, 7, -5, 7, 5, 7);
	EXPECT("[007] [7] [00007]", "[%.*d] [%.*d] [%0*.*d]", 3, 7, -3, 7, 5, -1, 7);
	EXPECT("[  ab] [ab  ]", "[%*.*s] [%*.*s]", 4, 2, "abc", -4, 2, "abc");
}

static void string_precision_reads_no_further(void **state)
{
	char *open_ended = malloc(3); /* of the heap, so that a sanitizer sees the byte behind it */

	(void)state;
	assert_non_null(open_ended);
	memcpy(open_ended, "abc", 3);
	EXPECT("[abc] [ab] [   ab] [ab   ] []", "[%.3s] [%.2s] [%5.2s] [%-5.2s] [%.0s]", open_ended, open_ended, open_ended,
	       open_ended, open_ended);
	free(open_ended);
}

static void null_and_characters_print_as_in_glibc(void **state)
{
	(void)state;
	EXPECT("[(null)] [] [      ] [(null)] [  (null)]", "[%s] [%.5s] [%6.0s] [%.6s] [%08s]", NULL, NULL, NULL, NULL,
	       NULL);
	EXPECT("[(nil)] [     (nil)] [(nil)  ] [(nil)]", "[%p] [%010p] [%-7p] [%.2p]", NULL, NULL, NULL, NULL);
	EXPECT("[0x1a] [  0x1a] [0x1a  ] [0x001a] [+0x1a]", "[%p] [%6p] [%-6p] [%06p] [%+p]", (void *)26, (void *)26,
	       (void *)26, (void *)26, (void *)26);
	EXPECT("[a] [  a] [a  ] [  a] [a]", "[%c] [%3c] [%-3c] [%03c] [%.0c]", 'a', 'a', 'a', 'a', 'a');
	EXPECT("% % 100%", "%% %5% 100%%", 0);
}

static void character_zero_is_stored_and_counted(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(print(text, sizeof text, "a%cb", 0), 3);
	assert_memory_equal(text, "a\0b", 4);
}

static void unknown_directive_is_printed_as_it_stands(void **state)
{
	(void)state;
	EXPECT("%y %+ 05.3y 1", "%y %+ 05.3y %d", 1);
	EXPECT("%*y 1", "%*y %d", 5, 1);
	EXPECT("%hhhd %ls %lc %lp %hs 1", "%hhhd %ls %lc %lp %hs %d", 1);
	EXPECT("%n %f %1$d 1", "%n %f %1$d %d", 1);
	EXPECT("%", "%", 0);
	EXPECT("x%-5.3ll", "x%-5.3ll", 0);
}

static void buffer_too_small_cuts_and_ends_the_text(void **state)
{
	static const char *const expected[] = {"", "", "1", "12", "12a", "12ab", "12ab"};

	(void)state;
	for (size_t room = 0; room < COUNT_OF(expected); room++) {
		char text[8];

		memset(text, GUARD, sizeof text);
		assert_int_equal(osm_snprintf(text, room, "%d%s", 12, "ab"), 4);
		if (room > 0)
			assert_string_equal(text, expected[room]);
		for (size_t i = room; i < sizeof text; i++)
			assert_int_equal(text[i], GUARD);
	}
	assert_int_equal(osm_snprintf(NULL, 0, "%s", "only counted"), 12);
}

static void result_longer_than_int_max_gives_minus_one_at_once(void **state)
{
	char text[8];
	clock_t before = clock();

	(void)state;
	assert_int_equal(print(text, sizeof text, "%2147483647d", 1), INT_MAX);
	assert_string_equal(text, "       ");
	assert_int_equal(print(text, sizeof text, "%.2147483647d", 1), INT_MAX);
	assert_string_equal(text, "0000000");
	assert_int_equal(print(text, sizeof text, "%.2147483647d", -1), -1);
	assert_int_equal(print(text, sizeof text, "%2147483647dx", 1), -1);
	assert_int_equal(print(text, sizeof text, "x%*d", INT_MAX, 1), -1);
	assert_int_equal(print(text, sizeof text, "%*d", INT_MIN, 1), -1);
	assert_int_equal(print(text, sizeof text, "%2147483648d", 1), -1);
	assert_int_equal(print(text, sizeof text, "%.99999999999999999999999d", 1), -1);
	assert_int_equal(print(text, sizeof text, "%18446744073709551617d", 1), -1);
	assert_int_equal(print(NULL, 0, "%1073741824d%1073741824d", 1, 1), -1);
	assert_int_equal(print(text, sizeof text, "%.99999999999s", "abc"), 3);
	assert_true(clock() - before < CLOCKS_PER_SEC);
}

/* ---- comparison with the C library ---- */

#define TRIALS 250000

static uint64_t random_state;

static uint64_t random_next(void) /* xorshift64* (Vigna 2016) */
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * UINT64_C(2685821657736338717);
}

static size_t random_below(size_t n)
{
	return (size_t)(random_next() >> 32) % n;
}

static uint64_t random_value(void)
{
	static const uint64_t extremes[] = {0,
	                                    1,
	                                    7,
	                                    8,
	                                    9,
	                                    10,
	                                    INT8_MAX,
	                                    UINT8_MAX,
	                                    INT16_MAX,
	                                    UINT16_MAX,
	                                    INT32_MAX,
	                                    UINT32_MAX,
	                                    INT64_MAX,
	                                    UINT64_MAX,
	                                    (uint64_t)INT64_MIN,
	                                    (uint64_t)INT32_MIN,
	                                    (uint64_t)INT16_MIN,
	                                    (uint64_t)INT8_MIN};

	if (random_below(2) == 0)
		return extremes[random_below(COUNT_OF(extremes))];
	return random_next() >> random_below(64);
}

struct trial {
	char format[96];
	bool star_width, star_precision;
	int width, precision;
	const char *length;
	char conversion;
	size_t room;
};

static void trial_add_number(char **at, bool star, int number)
{
	*at += star ? sprintf(*at, "*") : sprintf(*at, "%d", number);
}

static void trial_make(struct trial *trial)
{
	static const char *const literals[] = {"", "x", "100%%|", "literal text ", "\xc3\xa4"};
	static const char *const lengths[] = {"", "hh", "h", "l", "ll", "z", "t", "j"};
	char *at = trial->format;

	*trial = (struct trial){.conversion = "diuxXocsp"[random_below(9)]};
	trial->length = strchr("csp", trial->conversion) != NULL ? "" : lengths[random_below(COUNT_OF(lengths))];
	at += sprintf(at, "%s%%", literals[random_below(COUNT_OF(literals))]);
	for (size_t flags = random_below(4); flags > 0; flags--)
		*at++ = "-+ 0#"[random_below(5)];
	if (random_below(2) == 0) {
		trial->star_width = random_below(3) == 0;
		trial->width = (int)random_below(random_below(8) == 0 ? 300 : 30) + !trial->star_width;
		trial_add_number(&at, trial->star_width, trial->width);
		trial->width = random_below(3) == 0 ? -trial->width : trial->width;
	}
	if (random_below(2) == 0) {
		*at++ = '.';
		trial->star_precision = random_below(3) == 0;
		trial->precision = (int)random_below(random_below(8) == 0 ? 300 : 25);
		if (trial->star_precision || random_below(8) != 0)
			trial_add_number(&at, trial->star_precision, trial->precision);
		trial->precision -= random_below(4) == 0 ? 300 : 0;
	}
	sprintf(at, "%s%c%s|%%d", trial->length, trial->conversion, literals[random_below(COUNT_OF(literals))]);
	trial->room = random_below(random_below(2) == 0 ? 20 : 500);
}

static void compare(const struct trial *trial, ...)
{
	char ours[512], theirs[512];
	va_list list;
	int our_length, their_length;
	size_t end = 0;

	memset(ours, GUARD, sizeof ours);
	va_start(list, trial);
	our_length = osm_vsnprintf(ours, trial->room, trial->format, list);
	va_end(list);
	va_start(list, trial);
	their_length = vsnprintf(theirs, trial->room, trial->format, list);
	va_end(list);

	if (trial->room > 0)
		end = ((size_t)their_length < trial->room ? (size_t)their_length : trial->room - 1) + 1;
	if (our_length != their_length || memcmp(ours, theirs, end) != 0)
		fail_msg("format \"%s\", width %d, precision %d, room %zu: %d \"%.*s\" instead of %d \"%.*s\"", trial->format,
		         trial->width, trial->precision, trial->room, our_length, (int)end, ours, their_length, (int)end,
		         theirs);
	for (size_t i = end; i < sizeof ours; i++)
		if (ours[i] != GUARD)
			fail_msg("format \"%s\", room %zu: byte %zu was overwritten", trial->format, trial->room, i);
}

/* The number behind the value shows that the value was read with its right size. */
#define COMPARE(trial, value)                                                               \
	do {                                                                                    \
		if (trial->star_width && trial->star_precision)                                     \
			compare(trial, trial->width, trial->precision, value, -1);                      \
		else if (trial->star_width || trial->star_precision)                                \
			compare(trial, trial->star_width ? trial->width : trial->precision, value, -1); \
		else                                                                                \
			compare(trial, value, -1);                                                      \
	} while (0)

static void trial_run(const struct trial *trial)
{
	static const char *const texts[] = {"", "a", "some text", "a text that is longer than most of the widths", NULL};
	uint64_t value = random_value();

	if (trial->conversion == 's')
		COMPARE(trial, texts[random_below(COUNT_OF(texts))]);
	else if (trial->conversion == 'p')
		COMPARE(trial, (void *)(uintptr_t)value);
	else if (strcmp(trial->length, "l") == 0)
		COMPARE(trial, (long)value);
	else if (strcmp(trial->length, "ll") == 0)
		COMPARE(trial, (long long)value);
	else if (strcmp(trial->length, "z") == 0)
		COMPARE(trial, (size_t)value);
	else if (strcmp(trial->length, "t") == 0)
		COMPARE(trial, (ptrdiff_t)value);
	else if (strcmp(trial->length, "j") == 0)
		COMPARE(trial, (intmax_t)value);
	else
		COMPARE(trial, (int)value);
}

static void random_formats_print_as_in_the_c_library(void **state)
{
	const char *given = getenv("OSM_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : 1;

	(void)state;
	print_message("OSM_SEED=%" PRIu64 "\n", seed);
	random_state = seed != 0 ? seed : 1; /* 0 would stay 0 */
	for (int i = 0; i < TRIALS; i++) {
		struct trial trial;

		trial_make(&trial);
		trial_run(&trial);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integer_each_conversion_uses_its_base),
		cmocka_unit_test(integer_extremes_are_printed_in_full),
		cmocka_unit_test(integer_length_says_what_is_read),
		cmocka_unit_test(flags_each_alone_and_combined_work),
		cmocka_unit_test(precision_gives_digits_and_switches_the_zero_flag_off),
		cmocka_unit_test(star_takes_width_and_precision_from_arguments),
		cmocka_unit_test(string_precision_reads_no_further),
		cmocka_unit_test(null_and_characters_print_as_in_glibc),
		cmocka_unit_test(character_zero_is_stored_and_counted),
		cmocka_unit_test(unknown_directive_is_printed_as_it_stands),
		cmocka_unit_test(buffer_too_small_cuts_and_ends_the_text),
		cmocka_unit_test(result_longer_than_int_max_gives_minus_one_at_once),
		cmocka_unit_test(random_formats_print_as_in_the_c_library),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
