/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process as the drop-in sees it: its start, its forks, its end. Modelled in tests/models/start.pml.
 */
#ifndef OSMEM_DROPIN_PROCESS_H
#define OSMEM_DROPIN_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "framework/dropin/options.h"

extern atomic_bool process_ready; /* written once, after all that it stands for */

/* Start, whoever comes first; false: the system has no memory, and the next call tries again. */
bool process_start(void);

static inline bool process_started(void)
{
	/* acquire: with the flag comes what the starting thread wrote */
	return atomic_load_explicit(&process_ready, memory_order_acquire) || process_start();
}

/* Valid once the process has started. */
const struct dropin_options *process_options(void);

#endif
