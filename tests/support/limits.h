/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the system lets this process have, and what it has.
 */
#ifndef TESTS_SUPPORT_LIMITS_H
#define TESTS_SUPPORT_LIMITS_H

#include "unit.h"

#include <sys/resource.h>

/* The thread sanitizer maps memory of its own for each mapping, and gives up where a limit forbids that. */
#define LIMITS_CAN_BE_SET (THRIFT == 1)

/* Set a limit of this process; returns the one before. */
rlim_t limit_set(__rlimit_resource_t resource, rlim_t bytes);

/* Bytes of address space that this process has. */
size_t address_space(void);

/* Bytes of this process that may be written to and are its own, as RLIMIT_DATA counts them. */
size_t data_bytes(void);

#endif
