/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each call of the family as C23, POSIX.1-2024 and, for what is older, the GNU C library's manual describe it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/dropin/check.h"

void free_sized(void *p, size_t n);
void free_aligned_sized(void *p, size_t align, size_t n);

static const size_t sizes[] = {0,    1,     15,    16,     17,     100,    1000,    1024,           1025,
                               4096, 10000, 70000, 131071, 131072, 300000, 1048576, (size_t)5 << 20};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int is_aligned(const void *p, size_t align)
{
	return (uintptr_t)p % align == 0;
}

/* From the compiler's eyes: it knows what malloc does, and would leave out calls. */
static void *hidden(void *p)
{
	__asm__ volatile("" : "+r"(p));
	return p;
}

static size_t hidden_size(size_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n;
}

static void malloc_every_size_is_aligned_and_apart(void)
{
	char *p[COUNT(sizes)];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		p[i] = hidden(malloc(sizes[i]));
		CHECK(p[i] && is_aligned(p[i], 16));
		CHECK(malloc_usable_size(p[i]) >= sizes[i]);
		memset(p[i], (int)i, malloc_usable_size(p[i])); /* all of it may be used */
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t at = 0; at < sizes[i]; at++)
			if (p[i][at] != (char)i)
				FAIL("a block keeps its contents");
		free(p[i]);
	}
}

static void zero_bytes_give_a_block_of_their_own(void)
{
	void *a = hidden(malloc(0)), *b = hidden(malloc(0)), *c = hidden(calloc(0, 8)), *d = hidden(calloc(8, 0));
	void *e = hidden(realloc(NULL, 0)), *f = hidden(aligned_alloc(64, 0));

	CHECK(a && b && c && d && e && f);
	CHECK(a != b && b != c && c != d && d != e && e != f);
	free(a);
	free(b);
	free(c);
	free(d);
	free(e);
	free(f);
}

static void calloc_gives_zeroes(void)
{
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (int round = 0; round < 3; round++) {
			char *p = hidden(calloc(1, sizes[i]));

			CHECK(p);
			for (size_t at = 0; at < sizes[i]; at++)
				if (p[at] != 0)
					FAIL("calloc gives zeroes");
			memset(p, 0x5a, sizes[i]); /* what comes back is dirty */
			free(p);
		}
	}
}

static void too_much_is_refused_with_enomem(void)
{
	void *p = malloc(10), *result = &result;
	size_t huge[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX, SIZE_MAX - 15, (size_t)PTRDIFF_MAX};

	for (size_t i = 0; i < COUNT(huge); i++) {
		size_t n = hidden_size(huge[i]);

		errno = 0;
		CHECK(!malloc(n) && errno == ENOMEM);
		errno = 0;
		CHECK(!calloc(1, n) && errno == ENOMEM);
		errno = 0;
		CHECK(!realloc(hidden(p), n) && errno == ENOMEM);
		errno = 0;
		CHECK(!aligned_alloc(64, n) && errno == ENOMEM);
		errno = 0;
		CHECK(!memalign(64, n) && errno == ENOMEM);
		errno = 0;
		CHECK(!valloc(n) && errno == ENOMEM);
		errno = 0;
		CHECK(!pvalloc(n) && errno == ENOMEM);
		errno = 7;
		CHECK(posix_memalign(&result, 64, n) == ENOMEM && errno == 7 && result == &result);
	}
	errno = 0;
	CHECK(!calloc(hidden_size(SIZE_MAX / 2), 3) && errno == ENOMEM);
	errno = 0;
	CHECK(!reallocarray(hidden(p), hidden_size(SIZE_MAX / 2), 3) && errno == ENOMEM);
	free(p); /* it is still live */
}

static void realloc_keeps_contents(void)
{
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t j = 0; j < COUNT(sizes); j++) {
			size_t least = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
			char *p = hidden(malloc(sizes[i])), *q;

			memset(p, 0x33, sizes[i]);
			q = hidden(realloc(p, sizes[j]));
			if (sizes[j] == 0) {
				CHECK(!q); /* as the GNU C library: freed */
				continue;
			}
			CHECK(q && is_aligned(q, 16) && malloc_usable_size(q) >= sizes[j]);
			for (size_t at = 0; at < least; at++)
				if (q[at] != 0x33)
					FAIL("realloc keeps contents");
			free(q);
		}
	}
}

static void realloc_grows_step_by_step(void)
{
	char *p = NULL;
	size_t n = 0;

	for (size_t step = 1; n < 3000000; step += 1 + step / 4) {
		p = realloc(p, n + step);
		CHECK(p);
		memset(p + n, (int)(n & 0x7f), step);
		CHECK(n == 0 || p[n - 1] == p[n - 1]);
		n += step;
	}
	n = 0;
	for (size_t step = 1; n < 3000000; step += 1 + step / 4) {
		CHECK(p[n] == (char)(n & 0x7f) && p[n + step - 1] == (char)(n & 0x7f));
		n += step;
	}
	p = hidden(realloc(p, 10));
	CHECK(p && p[0] == 0 && malloc_usable_size(p) < 100000);
	free(p);
}

static void alignment_is_obeyed(void)
{
	static const size_t wrong[] = {0, 3, 24, 100, SIZE_MAX};
	void *p, *untouched = &p;

	for (size_t align = 1; align <= (size_t)4 << 20; align *= 2) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			p = hidden(aligned_alloc(align, sizes[i]));
			CHECK(p && is_aligned(p, align) && malloc_usable_size(p) >= sizes[i]);
			memset(p, 1, sizes[i]);
			p = realloc(p, sizes[i] + 100);
			CHECK(p && malloc_usable_size(p) >= sizes[i] + 100);
			free_sized(p, sizes[i] + 100);
			p = hidden(memalign(align, sizes[i]));
			CHECK(p && is_aligned(p, align));
			free_aligned_sized(p, align, sizes[i]);
			if (align >= sizeof(void *)) {
				CHECK(posix_memalign(&p, align, sizes[i]) == 0 && is_aligned(p, align));
				free(p);
			}
		}
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		errno = 0;
		CHECK(!aligned_alloc(hidden_size(wrong[i]), 64) && errno == EINVAL);
		errno = 0;
		CHECK(posix_memalign(&untouched, hidden_size(wrong[i]), 64) == EINVAL && errno == 0 && untouched == &p);
	}
	CHECK(posix_memalign(&untouched, hidden_size(sizeof(void *) / 2), 64) == EINVAL);
	p = hidden(memalign(hidden_size(24), 10)); /* rounded up to a power of two */
	CHECK(p && is_aligned(p, 32));
	free(p);
}

static void pages_are_pages(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = hidden(valloc(10)), *q = hidden(pvalloc(10)), *r = hidden(pvalloc(0));

	CHECK(p && is_aligned(p, page));
	CHECK(q && is_aligned(q, page) && malloc_usable_size(q) >= page);
	CHECK(r && is_aligned(r, page));
	free(p);
	free(q);
	free(r);
}

static void free_keeps_errno(void)
{
	for (size_t i = 0; i < COUNT(sizes); i++) {
		void *p = malloc(sizes[i]);

		errno = 1234;
		free(p);
		CHECK(errno == 1234);
	}
	errno = 77;
	free(NULL);
	CHECK(errno == 77);
	CHECK(malloc_usable_size(NULL) == 0);
	free_sized(NULL, 5);
	free_aligned_sized(NULL, 64, 5);
}

static void reports_agree_with_what_is_live(void)
{
	void *p = hidden(malloc(3000000));
	struct mallinfo2 info = mallinfo2();
	char text[4096] = "";
	FILE *file = fmemopen(text, sizeof text, "w");

	CHECK(info.uordblks >= 3000000);
	CHECK(mallopt(M_MMAP_THRESHOLD, 1) == 1);
	CHECK(malloc_info(0, file) == 0 && malloc_info(1, file) == EINVAL);
	fclose(file);
	CHECK(strncmp(text, "<malloc", 7) == 0 && strstr(text, "</malloc>"));
	free(p);
	CHECK(mallinfo2().uordblks + 3000000 <= info.uordblks + 65536);
}

/* Resident pages of the process, in bytes. */
static size_t resident(void)
{
	char text[100] = "";
	int fd = open("/proc/self/statm", O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);

	close(fd);
	CHECK(n > 0);
	return strtoul(strchr(text, ' '), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

enum { MANY = 4000, SOME_BYTES = 8000 };

static void *many[MANY];

static void many_allocate(void)
{
	for (int i = 0; i < MANY; i++) {
		many[i] = malloc(SOME_BYTES);
		memset(many[i], 1, SOME_BYTES);
	}
}

/* At hardening level 2 the blocks that were freed last wait at the heap's end, until somebody asks. */
static void free_memory_goes_back_by_itself(void)
{
	size_t before, peak;

	if (OSM_HARDENING == 2)
		malloc_trim(0);
	before = resident();
	many_allocate();
	peak = resident();
	CHECK(peak >= before + (size_t)MANY * SOME_BYTES * 3 / 4);
	for (int i = 0; i < MANY; i++)
		free(many[i]);
	if (OSM_HARDENING == 2)
		malloc_trim(0);
	CHECK(resident() < before + (peak - before) / 2);
}

static void malloc_trim_gives_back_holes_too(void)
{
	size_t before, peak;

	malloc_trim(0);
	before = resident();
	many_allocate();
	peak = resident();
	for (int i = 0; i < MANY - 1; i++)
		free(many[i]);
	CHECK(malloc_trim(0) == 1);
	CHECK(resident() < before + (peak - before) / 4);
	free(many[MANY - 1]);
}

int main(void)
{
	malloc_every_size_is_aligned_and_apart();
	zero_bytes_give_a_block_of_their_own();
	calloc_gives_zeroes();
	too_much_is_refused_with_enomem();
	realloc_keeps_contents();
	realloc_grows_step_by_step();
	alignment_is_obeyed();
	pages_are_pages();
	free_keeps_errno();
	reports_agree_with_what_is_live();
	free_memory_goes_back_by_itself();
	malloc_trim_gives_back_holes_too();
	return check_result();
}
