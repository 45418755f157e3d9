/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every test program includes: cmocka with the headers it wants before itself, and the public headers under test.
 */
#ifndef TESTS_SUPPORT_UNIT_H
#define TESTS_SUPPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <osmem/heap.h>
#include <osmem/mock.h>

/*
 * The thread sanitizer makes everything ten times slower, and finds nothing in programs without threads: those then do
 * less, by this factor. Counting lines is as slow, and a line is reached or not.
 */
#if defined(__SANITIZE_THREAD__)
#define THRIFT 8
#elif defined(OSM_COVERAGE)
#define THRIFT 4
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THRIFT 8
#endif
#endif
#ifndef THRIFT
#define THRIFT 1
#endif

/*
 * An address sanitizer reports each access to what is not the program's, also one that a test means; and where nothing
 * else lies behind a block, a heap asks for a byte more.
 */
#if defined(OSM_ANNOTATE_ADDRESS)
#define HEAPS_ARE_WATCHED true
#else
#define HEAPS_ARE_WATCHED false
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif
