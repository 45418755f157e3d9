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

/* Random tests do less by this factor where a sanitizer, or the counting of lines, makes each access slow: site_scons says. */
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
