/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process from its start to its end, with the C library on the same malloc.
 */
#define _GNU_SOURCE
#include "tests/trust/contract/contract.h"

#include <dlfcn.h>
#include <glob.h>
#include <locale.h>
#include <malloc.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static char *early;

__attribute__((constructor(101))) static void at_start(void)
{
	early = malloc(100);
	if (early)
		memcpy(early, "early", 6);
}

static void a_constructor_may_allocate(size_t n)
{
	(void)n;
	REQUIRE(early && strcmp(early, "early") == 0);
	early = change(early, 5000);
	REQUIRE(early && strcmp(early, "early") == 0);
	give(early);
}

static void at_exit(void)
{
	work_at_random(7, 500);
	give(early);
}

__attribute__((destructor(101))) static void at_end(void)
{
	give(get(50));
	give(get(500000));
}

static void handlers_of_exit_may_allocate(size_t n)
{
	(void)n;
	REQUIRE(atexit(at_exit) == 0);
	exit(0);
}

static void the_c_library_frees_by_free(size_t n)
{
	char *line = NULL, *text = NULL, *copy = strdup("copy"), *path = realpath("/", NULL), *here = getcwd(NULL, 0);
	size_t room = 0;
	FILE *file = fmemopen((char[]){"one\ntwo\n"}, 8, "r");

	(void)n;
	REQUIRE(file && getline(&line, &room, file) == 4);
	fclose(file);
	REQUIRE(asprintf(&text, "%*d", 3000, 5) == 3000);
	REQUIRE(copy && path && here);
	give(line);
	give(text);
	give(copy);
	give(path);
	give(here);
}

static void streams_in_memory(size_t n)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	(void)n;
	for (int i = 0; i < 20000; i++)
		fprintf(file, "%d,", i);
	fclose(file);
	REQUIRE(length == 108890 && strncmp(text, "0,1,2,", 6) == 0);
	text = change(text, 2 * length);
	REQUIRE(text && strncmp(text, "0,1,2,", 6) == 0);
	give(text);
}

static int by_value(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void qsort_of_much(size_t n)
{
	enum { COUNT = 200000 };
	unsigned *numbers = get(COUNT * sizeof *numbers);

	(void)n;
	for (unsigned i = 0; i < COUNT; i++)
		numbers[i] = i * 2654435761U;
	qsort(numbers, COUNT, sizeof *numbers, by_value);
	for (unsigned i = 1; i < COUNT; i++)
		REQUIRE(numbers[i - 1] <= numbers[i]);
	give(numbers);
}

static void patterns_and_paths(size_t n)
{
	regex_t regex;
	glob_t found;

	(void)n;
	for (int i = 0; i < 20; i++) {
		REQUIRE(regcomp(&regex, "^(a|b)*[[:digit:]]{2,5}(x+|y+)?$", REG_EXTENDED) == 0);
		REQUIRE(regexec(&regex, "abab123xxx", 0, NULL, 0) == 0);
		regfree(&regex);
	}
	REQUIRE(glob("/*", 0, NULL, &found) == 0 && found.gl_pathc > 3);
	globfree(&found);
}

static void variables_and_locales(size_t n)
{
	char name[32];

	(void)n;
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof name, "CONTRACT_%d", i % 50);
		REQUIRE(setenv(name, i % 2 ? "short" : "a value that is somewhat longer than the other one", 1) == 0);
	}
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "CONTRACT_%d", i);
		REQUIRE(unsetenv(name) == 0);
	}
	REQUIRE(setlocale(LC_ALL, "C"));
}

static void libraries_come_and_go(size_t n)
{
	(void)n;
	for (int i = 0; i < 10; i++) {
		void *library = dlopen("libm.so.6", RTLD_NOW);

		if (!library)
			cannot_run(dlerror());
		REQUIRE(dlsym(library, "cos"));
		dlclose(library);
		REQUIRE(!dlopen("there-is-no-such-library.so", RTLD_NOW) && dlerror());
	}
}

static volatile sig_atomic_t ticks;

static void tick(int number)
{
	(void)number;
	ticks++;
}

/* Signals interrupt calls everywhere; the handler itself allocates nothing. */
static void signals_may_interrupt(size_t n)
{
	struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
	struct itimerval timer = {{0, 200}, {0, 200}};

	(void)n;
	REQUIRE(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &timer, NULL) == 0);
	for (unsigned i = 0; i < 40; i++) {
		work_at_random(i, 500);
		give(get(7000000));
	}
	timer = (struct itimerval){{0, 0}, {0, 0}};
	REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	REQUIRE(ticks > 0);
}

static void long_random_work(size_t n)
{
	(void)n;
	for (unsigned seed = 0; seed < 10; seed++)
		work_at_random(seed, 10000);
}

static void holes_are_used(size_t n)
{
	enum { COUNT = 3000 };
	static char *blocks[COUNT];

	(void)n;
	for (unsigned i = 0; i < COUNT; i++) {
		blocks[i] = get(3000 + i % 100);
		fill(blocks[i], 3000, i);
	}
	for (unsigned i = 0; i < COUNT; i += 2)
		give(blocks[i]);
	for (unsigned i = 0; i < COUNT; i += 2) {
		blocks[i] = get(2500 + i % 1000);
		fill(blocks[i], 2500, i);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		REQUIRE(is_filled(blocks[i], i % 2 ? 3000 : 2500, i));
		give(blocks[i]);
	}
}

static void trimming_keeps_what_is_live(size_t n)
{
	enum { COUNT = 2000 };
	static char *blocks[COUNT];

	(void)n;
	for (unsigned i = 0; i < COUNT; i++) {
		blocks[i] = get(10 + i * 7 % 9000);
		fill(blocks[i], 10 + i * 7 % 9000, i);
	}
	for (unsigned i = 0; i < COUNT; i += 3) {
		give(blocks[i]);
		blocks[i] = NULL;
	}
	malloc_trim(0);
	for (unsigned i = 0; i < COUNT; i++)
		REQUIRE(!blocks[i] || is_filled(blocks[i], 10 + i * 7 % 9000, i));
	for (unsigned i = 0; i < COUNT; i++)
		give(blocks[i]);
	malloc_trim(0);
	work_at_random(3, 1000);
}

const struct contract contract_process[] = {
	{"a-constructor-may-allocate", false, a_constructor_may_allocate},
	{"handlers-of-exit-may-allocate", false, handlers_of_exit_may_allocate},
	{"the-c-library-frees-by-free", false, the_c_library_frees_by_free},
	{"streams-in-memory", false, streams_in_memory},
	{"qsort-of-much", false, qsort_of_much},
	{"patterns-and-paths", false, patterns_and_paths},
	{"variables-and-locales", false, variables_and_locales},
	{"libraries-come-and-go", false, libraries_come_and_go},
	{"signals-may-interrupt", false, signals_may_interrupt},
	{"long-random-work", false, long_random_work},
	{"holes-are-used", false, holes_are_used},
	{"trimming-keeps-what-is-live", false, trimming_keeps_what_is_live},
	{NULL, false, NULL},
};
