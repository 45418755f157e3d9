/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks whether one promise is kept:
 *
 *     contract CASE       exit status 0: kept; 1: broken; 77: it cannot be tried here; 2: wrong command line
 *     contract --list     the names of all cases
 */
#define _GNU_SOURCE
#include "tests/trust/contract/contract.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_RUN = 77, LIVE = 200 };

void *(*volatile get)(size_t n) = malloc;
void *(*volatile get_zeroed)(size_t count, size_t n) = calloc;
void *(*volatile change)(void *p, size_t n) = realloc;
void (*volatile give)(void *p) = free;

static const size_t sizes[] = {1, 24, 1000, 2049, 20000, 131072, (size_t)1 << 20, (size_t)5 << 20};

static const struct contract *const lists[] = {contract_sizes,  contract_errors, contract_threads, contract_forks,
                                               contract_memory, contract_calls,  contract_process};

void require_failed(const char *condition, const char *file, int line)
{
	dprintf(2, "%s:%d: %s\n", file, line, condition);
	_exit(1);
}

void cannot_run(const char *why)
{
	dprintf(2, "%s\n", why);
	_exit(CANNOT_RUN);
}

enum { ROW = 256 }; /* bytes that are looked at in one go */

/* A byte of a pattern that no two rows, nor two seeds, have in the same place. */
static unsigned char byte_for(size_t at, unsigned seed)
{
	return (unsigned char)(at * 7 + at / ROW + seed * 31 + 1);
}

void fill(void *p, size_t n, unsigned seed)
{
	unsigned char *bytes = p;
	size_t i = 0;

	for (; n - i >= ROW; i += ROW, bytes += ROW) {
		unsigned char first = byte_for(i, seed);

		for (unsigned j = 0; j < ROW; j++)
			bytes[j] = (unsigned char)(first + j * 7);
	}
	for (; i < n; i++)
		*bytes++ = byte_for(i, seed);
}

bool is_filled(const void *p, size_t n, unsigned seed)
{
	const unsigned char *bytes = p;
	unsigned char other = 0;
	size_t i = 0;

	for (; n - i >= ROW && !other; i += ROW, bytes += ROW) {
		unsigned char first = byte_for(i, seed);

		for (unsigned j = 0; j < ROW; j++)
			other |= bytes[j] ^ (unsigned char)(first + j * 7);
	}
	for (; i < n && !other; i++)
		other = *bytes++ ^ byte_for(i, seed);
	return !other;
}

bool is_zero(const void *p, size_t n)
{
	const unsigned char *bytes = p;
	unsigned char any = 0;

	for (size_t i = 0; i < n; i++)
		any |= bytes[i];
	return !any;
}

bool is_aligned(const void *p, size_t align)
{
	return (uintptr_t)p % align == 0;
}

static unsigned next_random(unsigned *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

/* Small sizes are many, large ones few. */
static size_t random_size(unsigned *state)
{
	unsigned kind = next_random(state) % 100;

	if (kind < 80)
		return next_random(state) % 300;
	return kind < 99 ? next_random(state) % 5000 : next_random(state) % 200000;
}

void work_at_random(unsigned seed, unsigned steps)
{
	struct {
		void *p;
		size_t n;
		unsigned seed;
	} live[LIVE] = {{NULL, 0, 0}};
	unsigned state = seed;

	for (unsigned step = 0; step < steps; step++) {
		unsigned i = next_random(&state) % LIVE, what = next_random(&state) % 4;
		size_t n = random_size(&state), least = n < live[i].n ? n : live[i].n;

		REQUIRE(!live[i].p || is_filled(live[i].p, live[i].n, live[i].seed));
		if (what == 0 && live[i].p && n > 0) {
			live[i].p = change(live[i].p, n);
			REQUIRE(live[i].p && is_filled(live[i].p, least, live[i].seed));
		} else {
			give(live[i].p);
			live[i].p = what == 1 ? get_zeroed(1, n) : get(n);
			REQUIRE(live[i].p);
			REQUIRE(what != 1 || is_zero(live[i].p, n));
		}
		live[i].n = n;
		live[i].seed = step;
		fill(live[i].p, n, step);
	}
	for (unsigned i = 0; i < LIVE; i++)
		give(live[i].p);
}

int in_child(void (*function)(void))
{
	int status;
	pid_t child = fork();

	REQUIRE(child >= 0);
	if (child == 0) {
		alarm(20);
		function();
		_exit(0);
	}
	REQUIRE(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

size_t resident(void)
{
	size_t pages = 0, ignored;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file)
		return 0;
	if (fscanf(file, "%zu %zu", &ignored, &pages) != 2)
		pages = 0;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void list_all(void)
{
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
		for (const struct contract *c = lists[l]; c->name; c++) {
			if (!c->is_sized)
				puts(c->name);
			for (size_t i = 0; c->is_sized && i < sizeof sizes / sizeof *sizes; i++)
				printf("%s/%zu\n", c->name, sizes[i]);
		}
}

static const struct contract *find(const char *name)
{
	size_t length = strcspn(name, "/");

	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
		for (const struct contract *c = lists[l]; c->name; c++)
			if (strlen(c->name) == length && strncmp(c->name, name, length) == 0)
				return c;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct rlimit none = {0, 0};
	const struct contract *contract = argc == 2 ? find(argv[1]) : NULL;
	const char *slash = argc == 2 ? strchr(argv[1], '/') : NULL;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list_all();
		return 0;
	}
	if (!contract || contract->is_sized != (slash != NULL)) {
		fputs("usage: contract --list | contract CASE\n", stderr);
		return 2;
	}
	setrlimit(RLIMIT_CORE, &none);
	contract->keep(slash ? strtoul(slash + 1, NULL, 10) : 0);
	return 0;
}
