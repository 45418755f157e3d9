/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Printing to descriptors, and what makes this printing safe to use anywhere: errno is kept, nothing is allocated, a
 * signal handler may print.
 */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmem/print.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define MARK_ERRNO 4711
#define TICKS 50

/*
 * This program takes the place of the C library's malloc, to count, and of its write, to write less than is asked for,
 * as a system may. Sanitizers have their own of both, and bear no others beside them.
 */
static volatile int allocations;
static size_t write_most = SIZE_MAX;
static int write_interruptions;

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
	__has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define REPLACES_C_LIBRARY false
#else
#define REPLACES_C_LIBRARY true

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *p, size_t n);
extern ssize_t __write(int fd, const void *bytes, size_t n);

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	allocations++;
	return __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	if (write_interruptions > 0) {
		write_interruptions--;
		errno = EINTR;
		return -1;
	}
	return __write(fd, bytes, n < write_most ? n : write_most);
}
#endif

/* Both ends of a pipe; reading never waits, so that a test fails instead of hanging. */
static int from, to;

/* Volatile, so that the compiler does not warn of a width that is too much on purpose. */
static volatile int lowest = INT_MIN;

static int pipe_open(void **state)
{
	int ends[2];

	(void)state;
	if (pipe(ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		return -1;
	from = ends[0];
	to = ends[1];
	return 0;
}

static int pipe_close(void **state)
{
	(void)state;
	close(from);
	close(to);
	return 0;
}

static void expect_in_pipe(const char *expected)
{
	char text[32768];
	ssize_t n = read(from, text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, expected);
}

/* Each handler asks for its next tick when it has done, lest a slow machine do nothing but handle them. */
static void tick_next(void)
{
	static const struct itimerval soon = {.it_value.tv_usec = 2000};

	setitimer(ITIMER_REAL, &soon, NULL);
}

static void tick_start(void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	tick_next();
}

static void tick_stop(void)
{
	static const struct itimerval never;

	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	signal(SIGALRM, SIG_DFL);
}

/* ---- descriptors ---- */

static void short_text_arrives_in_one_piece(void **state)
{
	(void)state;
	assert_int_equal(osm_dprintf(to, "%s: %zu bytes at %#x\n", "heap", (size_t)128, 0x1000u), 26);
	expect_in_pipe("heap: 128 bytes at 0x1000\n");
	assert_int_equal(osm_dprintf(to, "%s", ""), 0);
	expect_in_pipe("");
}

/* Long literals, strings and padding take different ways into the buffer. */
static void text_of_any_length_arrives_complete(void **state)
{
	static const int lengths[] = {1, 255, 256, 257, 511, 512, 513, 1000, 4096, 20000};
	static char format[20001], padded[20003];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		size_t n = (size_t)lengths[i];

		for (size_t k = 0; k < n; k++)
			format[k] = (char)('a' + k % 23);
		format[n] = '\0';
		assert_int_equal(osm_dprintf(to, format, 0), lengths[i]);
		expect_in_pipe(format);
		assert_int_equal(osm_dprintf(to, "%s", format), lengths[i]);
		expect_in_pipe(format);
		snprintf(padded, sizeof padded, "a%*db", lengths[i], -7);
		assert_int_equal(osm_dprintf(to, "a%*db", lengths[i], -7), (int)strlen(padded));
		expect_in_pipe(padded);
	}
}

static void partial_and_interrupted_writes_are_continued(void **state)
{
	static const size_t parts[] = {1, 7, 255};
	char expected[1001];

	(void)state;
	if (!REPLACES_C_LIBRARY)
		skip();
	snprintf(expected, sizeof expected, "%0500d%500s", 42, "text");
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		write_most = parts[i];
		write_interruptions = 3;
		assert_int_equal(osm_dprintf(to, "%0500d%500s", 42, "text"), 1000);
		write_most = SIZE_MAX;
		expect_in_pipe(expected);
	}
}

static void standard_output_is_written_without_stdio(void **state)
{
	int saved;
	int length;

	(void)state;
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_true(saved >= 0 && dup2(to, STDOUT_FILENO) == STDOUT_FILENO);
	length = osm_printf("%d%%\n", 42);
	assert_true(dup2(saved, STDOUT_FILENO) == STDOUT_FILENO);
	close(saved);
	assert_int_equal(length, 4);
	expect_in_pipe("42%\n");
}

static void descriptor_that_fails_gives_minus_one(void **state)
{
	int closed = dup(to);

	(void)state;
	assert_true(closed >= 0 && close(closed) == 0);
	assert_int_equal(osm_dprintf(closed, "text"), -1);
	assert_int_equal(osm_dprintf(closed, "%1000d", 1), -1);
	assert_int_equal(osm_dprintf(-1, "text"), -1);
	assert_int_equal(osm_dprintf(from, "text"), -1);    /* open for reading only */
	assert_int_equal(osm_dprintf(closed, "%s", ""), 0); /* nothing was to be written */
}

static void text_longer_than_int_max_gives_minus_one(void **state)
{
	(void)state;
	assert_int_equal(osm_dprintf(to, "%*d", lowest, 1), -1);
	expect_in_pipe("");
}

static void file_that_fills_up_keeps_what_fits(void **state)
{
	FILE *file = tmpfile();
	struct rlimit before, limit;
	struct stat status;
	int length;

	(void)state;
	assert_non_null(file);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 300; /* cuts the second piece */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	length = osm_dprintf(fileno(file), "%1000d", 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(length, -1);
	assert_int_equal(fstat(fileno(file), &status), 0);
	assert_int_equal(status.st_size, 300);
	fclose(file);
}

static volatile long drained;

static void drain(void)
{
	static char bytes[65536];
	ssize_t n = read(from, bytes, sizeof bytes);

	drained += n > 0 ? n : 0;
}

static void drain_on_tick(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	drain();
	tick_next();
	errno = saved;
}

static void write_that_a_signal_interrupts_is_continued(void **state)
{
	const int length = 1000000; /* many times what a pipe holds: only the handler makes room, and interrupts */

	(void)state;
	drained = 0;
	tick_start(drain_on_tick, 0);
	assert_int_equal(osm_dprintf(to, "%*d", length, 1), length);
	tick_stop();
	drain();
	assert_int_equal(drained, length);
}

/* ---- anywhere ---- */

static void errno_is_kept(void **state)
{
	char text[8];

	(void)state;
	errno = MARK_ERRNO;
	osm_snprintf(text, sizeof text, "%d and more", 1);
	assert_int_equal(errno, MARK_ERRNO);
	osm_snprintf(text, sizeof text, "%*d", lowest, 1);
	assert_int_equal(errno, MARK_ERRNO);
	assert_int_equal(osm_dprintf(to, "%d", 1), 1);
	assert_int_equal(errno, MARK_ERRNO);
	assert_int_equal(osm_dprintf(-1, "%d", 1), -1);
	assert_int_equal(errno, MARK_ERRNO);
}

static volatile sig_atomic_t ticks;

static void print_on_tick(int signal_number)
{
	if (ticks < TICKS) {
		osm_dprintf(to, "tick %2d, signal %-4d%s\n", (int)ticks, signal_number, "|");
		ticks++;
		tick_next();
	}
}

static void handler_prints_while_the_program_prints(void **state)
{
	char expected[TICKS * 32], *at = expected;
	int wrong = 0;

	(void)state;
	ticks = 0;
	tick_start(print_on_tick, SA_RESTART);
	for (unsigned i = 0; ticks < TICKS; i++) {
		char ours[64], theirs[64];

		osm_snprintf(ours, sizeof ours, "%#010x|%-12u|%s", i, i, "text");
		snprintf(theirs, sizeof theirs, "%#010x|%-12u|%s", i, i, "text");
		wrong += strcmp(ours, theirs) != 0;
		free(malloc(i % 1000)); /* a handler that allocated would now and then come in between */
	}
	tick_stop();
	assert_int_equal(wrong, 0);
	for (int i = 0; i < TICKS; i++)
		at += sprintf(at, "tick %2d, signal %-4d|\n", i, SIGALRM);
	expect_in_pipe(expected);
}

static void nothing_is_allocated(void **state)
{
	void *(*volatile allocate)(size_t) = malloc;
	char text[64];
	int before = allocations;

	(void)state;
	free(allocate(1));
	if (!REPLACES_C_LIBRARY || allocations == before) /* valgrind, too, has its own malloc */
		skip();
	before = allocations;
	osm_snprintf(text, sizeof text, "%.5000d|%5000s|%p", 1, "text", (void *)text);
	osm_dprintf(to, "%.5000d|%5000s|%p", 1, "text", (void *)text);
	osm_dprintf(-1, "%.5000d|%5000s|%p", 1, "text", (void *)text);
	assert_int_equal(allocations, before);
}

#define PIPE_TEST(function) cmocka_unit_test_setup_teardown(function, pipe_open, pipe_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PIPE_TEST(short_text_arrives_in_one_piece),
		PIPE_TEST(text_of_any_length_arrives_complete),
		PIPE_TEST(partial_and_interrupted_writes_are_continued),
		PIPE_TEST(standard_output_is_written_without_stdio),
		PIPE_TEST(descriptor_that_fails_gives_minus_one),
		PIPE_TEST(text_longer_than_int_max_gives_minus_one),
		PIPE_TEST(file_that_fills_up_keeps_what_fits),
		PIPE_TEST(write_that_a_signal_interrupts_is_continued),
		PIPE_TEST(errno_is_kept),
		PIPE_TEST(handler_prints_while_the_program_prints),
		PIPE_TEST(nothing_is_allocated),
	};

	return !!cmocka_run_group_tests(tests, NULL, NULL);
}
