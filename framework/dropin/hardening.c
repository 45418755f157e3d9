/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process's secret.
 */
#define _GNU_SOURCE
#include "framework/dropin/hardening.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "framework/port.h"

uintptr_t hardening_secret;

void hardening_begin(void)
{
	int kept = osm_port_errno();
	const void *given = (const void *)getauxval(AT_RANDOM);

	/* The system may refuse, as in a sandbox: it gave every process sixteen random bytes at its start. */
	if (getrandom(&hardening_secret, sizeof hardening_secret, GRND_NONBLOCK) != sizeof hardening_secret && given)
		memcpy(&hardening_secret, given, sizeof hardening_secret);
	hardening_secret = (uintptr_t)hardening_mix(hardening_secret) << 8 | CANARY;
	osm_port_set_errno(kept);
}
