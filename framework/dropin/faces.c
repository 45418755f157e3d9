/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The names that programs know. They stand in one file, so that a program that is linked statically gets all or none.
 *
 * C++ needs none of its own: libstdc++'s operators new and delete, all of them, call malloc, aligned_alloc and free,
 * and know how to throw, which only they can. A replacement could not be told from here whose std::bad_alloc to throw.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "framework/dropin/family.h"
#include "framework/dropin/front.h"
#include "framework/dropin/guard.h"
#include "framework/dropin/report.h"

#define EXPORT __attribute__((visibility("default")))
#if __has_attribute(copy)
#define ALIAS_OF(name) __attribute__((visibility("default"), alias(#name), copy(name)))
#else
#define ALIAS_OF(name) __attribute__((visibility("default"), alias(#name)))
#endif

/* mallinfo is, in favour of mallinfo2; it is part of the family all the same */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

EXPORT void *malloc(size_t n)
{
	void *p;

	if (HARDENING == 2)
		return guard_malloc_sealed(n);
	p = front_pop(n);
	return p ? p : family_malloc(n);
}

EXPORT void free(void *p)
{
	if (HARDENING == 2)
		guard_free_sealed("free", p);
	else if (!front_push(p))
		family_free(p);
}

EXPORT void *calloc(size_t count, size_t n)
{
	return family_calloc(count, n);
}

EXPORT void *realloc(void *p, size_t n)
{
	return family_realloc(p, n);
}

EXPORT void *reallocarray(void *p, size_t count, size_t n)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, n, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return family_realloc(p, bytes);
}

/* C23; what the program knows of the block is not needed. */
EXPORT void free_sized(void *p, size_t n);
EXPORT void free_aligned_sized(void *p, size_t align, size_t n);

void free_sized(void *p, size_t n)
{
	(void)n;
	free(p);
}

void free_aligned_sized(void *p, size_t align, size_t n)
{
	(void)align;
	(void)n;
	free(p);
}

EXPORT void *aligned_alloc(size_t align, size_t n)
{
	return family_aligned("aligned_alloc", align, n);
}

EXPORT int posix_memalign(void **result, size_t align, size_t n)
{
	return family_posix_memalign(result, align, n);
}

/* An alignment that is no power of two is rounded up to the next one, as by the GNU C library. */
EXPORT void *memalign(size_t align, size_t n)
{
	size_t power = sizeof(void *);

	while (power < align && power << 1)
		power <<= 1;
	return family_aligned("memalign", power, n);
}

EXPORT void *valloc(size_t n)
{
	return family_aligned("valloc", family_page_size(), n);
}

EXPORT void *pvalloc(size_t n)
{
	size_t page = family_page_size();

	if (n > PTRDIFF_MAX - page) {
		errno = ENOMEM;
		return NULL;
	}
	return family_aligned("pvalloc", page, n ? (n + page - 1) & ~(page - 1) : page);
}

EXPORT size_t malloc_usable_size(void *p)
{
	return family_usable_size(p);
}

EXPORT int malloc_trim(size_t pad)
{
	return report_trim(pad);
}

/* Accepted: nothing that it sets exists here. */
EXPORT int mallopt(int parameter, int value)
{
	(void)parameter;
	(void)value;
	return 1;
}

EXPORT struct mallinfo2 mallinfo2(void)
{
	return report_mallinfo();
}

static int as_int(size_t n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

EXPORT struct mallinfo mallinfo(void)
{
	struct mallinfo2 info = report_mallinfo();

	return (struct mallinfo){.arena = as_int(info.arena),
	                         .ordblks = as_int(info.ordblks),
	                         .hblks = as_int(info.hblks),
	                         .hblkhd = as_int(info.hblkhd),
	                         .uordblks = as_int(info.uordblks),
	                         .fordblks = as_int(info.fordblks)};
}

EXPORT int malloc_info(int options, FILE *file)
{
	return report_xml(options, file);
}

EXPORT void malloc_stats(void)
{
	report_write();
}

ALIAS_OF(malloc) void *__libc_malloc(size_t n);
ALIAS_OF(free) void __libc_free(void *p);
ALIAS_OF(calloc) void *__libc_calloc(size_t count, size_t n);
ALIAS_OF(realloc) void *__libc_realloc(void *p, size_t n);
ALIAS_OF(reallocarray) void *__libc_reallocarray(void *p, size_t count, size_t n);
ALIAS_OF(memalign) void *__libc_memalign(size_t align, size_t n);
ALIAS_OF(valloc) void *__libc_valloc(size_t n);
ALIAS_OF(pvalloc) void *__libc_pvalloc(size_t n);
ALIAS_OF(mallopt) int __libc_mallopt(int parameter, int value);
ALIAS_OF(mallinfo) struct mallinfo __libc_mallinfo(void);
