/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was never given out is freed: a pointer into a block, or to something that is no block at all.
 */
#define _GNU_SOURCE
#include "tests/trust/misuse/misuse.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;

static void give_moved(size_t n, ptrdiff_t by)
{
	char *p = filled(n), *q = filled(n);

	give(p + by);
	give(q);
}

static void by_1(size_t n)
{
	give_moved(n, 1);
}

static void by_8(size_t n)
{
	give_moved(n, 8);
}

static void by_16(size_t n)
{
	give_moved(n, 16);
}

static void to_the_middle(size_t n)
{
	give_moved(n, (ptrdiff_t)(n / 32 * 16));
}

static void to_its_end(size_t n)
{
	give_moved(n, (ptrdiff_t)n);
}

static void before_by_8(size_t n)
{
	give_moved(n, -8);
}

static void before_by_16(size_t n)
{
	give_moved(n, -16);
}

static void before_by_a_page(size_t n)
{
	give_moved(n, -4096);
}

/* A plausible header, of glibc's kind, stands before the place in the block that is freed. */
static void of_a_forged_block(size_t n)
{
	size_t *p = (size_t *)(void *)filled(n);

	for (size_t i = 0; i < n / sizeof *p; i++)
		p[i] = 0x41;
	give(&p[2]);
}

static void of_a_local(size_t n)
{
	char local[64] = "local";

	(void)n;
	give((char *)(((uintptr_t)local + 15) & ~(uintptr_t)15));
}

/* Among words that look like glibc's headers. */
static void of_a_forged_local(size_t n)
{
	_Alignas(16) size_t local[32];

	(void)n;
	for (size_t i = 0; i < 32; i++)
		local[i] = 0x41;
	give(&local[4]);
}

static void of_a_local_not_aligned(size_t n)
{
	char local[64] = "local";

	(void)n;
	give(local + 3);
}

static void of_a_static(size_t n)
{
	_Alignas(16) static char bytes[256];

	(void)n;
	give(bytes + 64);
}

static void of_a_thread_local(size_t n)
{
	static _Thread_local size_t words[32];

	(void)n;
	give((char *)(((uintptr_t)words + 31) & ~(uintptr_t)15));
}

static void of_a_literal(size_t n)
{
	(void)n;
	give((void *)(uintptr_t) "a string that nobody allocated");
}

static void of_a_function(size_t n)
{
	(void)n;
	give((void *)(uintptr_t)&of_a_literal);
}

static void of_the_environment(size_t n)
{
	(void)n;
	give(environ[0]);
}

static void of_a_mapping(size_t n)
{
	char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)n;
	give(p + 4096 + 16);
}

static void of_an_empty_page(size_t n)
{
	(void)n;
	give(mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void of_the_break(size_t n)
{
	(void)n;
	give(sbrk(0));
}

static void of_1(size_t n)
{
	(void)n;
	give((void *)1);
}

static void of_16(size_t n)
{
	(void)n;
	give((void *)16);
}

static void of_4096(size_t n)
{
	(void)n;
	give((void *)4096);
}

static void of_minus_1(size_t n)
{
	(void)n;
	give((void *)(uintptr_t)-1);
}

static void of_text_as_pointer(size_t n)
{
	(void)n;
	give((void *)(uintptr_t)0x4141414141414140);
}

/* A block of the right size and place, as nobody ever got it. */
static void of_a_block_never_given_out(size_t n)
{
	char *p = filled(n), *next = filled(n);
	ptrdiff_t step = next - p;

	give(p);
	give(next + 400 * step);
}

static void far_behind_a_block(size_t n)
{
	char *p = filled(n);

	give(p + ((size_t)256 << 20));
}

const struct misuse misuse_free_wrong[] = {
	{"free-moved-by-1", "11111", by_1},
	{"free-moved-by-8", "11111", by_8},
	{"free-moved-by-16", "11111", by_16},
	{"free-moved-to-the-middle", "11111", to_the_middle},
	{"free-moved-to-its-end", "11111", to_its_end},
	{"free-moved-before-by-8", "11111", before_by_8},
	{"free-moved-before-by-16", "11111", before_by_16},
	{"free-moved-before-by-a-page", "   11", before_by_a_page},
	{"free-of-a-forged-block", "11111", of_a_forged_block},
	{"free-of-a-local", "1", of_a_local},
	{"free-of-a-forged-local", "1", of_a_forged_local},
	{"free-of-a-local-not-aligned", "1", of_a_local_not_aligned},
	{"free-of-a-static", "1", of_a_static},
	{"free-of-a-thread-local", "1", of_a_thread_local},
	{"free-of-a-literal", "1", of_a_literal},
	{"free-of-a-function", "1", of_a_function},
	{"free-of-the-environment", "1", of_the_environment},
	{"free-of-a-mapping", "1", of_a_mapping},
	{"free-of-an-empty-page", "1", of_an_empty_page},
	{"free-of-the-break", "1", of_the_break},
	{"free-of-1", "1", of_1},
	{"free-of-16", "1", of_16},
	{"free-of-4096", "1", of_4096},
	{"free-of-minus-1", "1", of_minus_1},
	{"free-of-text-as-pointer", "1", of_text_as_pointer},
	{"free-of-a-block-never-given-out", "1", of_a_block_never_given_out},
	{"free-far-behind-a-block", "1", far_behind_a_block},
	{NULL, NULL, NULL},
};
