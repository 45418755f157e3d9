/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Atomic loads and stores, for the prover, to which there is one thread.
 */
#ifndef OSMEM_PROVE_STDATOMIC_H
#define OSMEM_PROVE_STDATOMIC_H

#define atomic_load_explicit(at, order) (*(at))
#define atomic_store_explicit(at, value, order) ((void)(*(at) = (value)))

#endif
