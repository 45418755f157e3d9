/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index by size: the search through the words of bins.
 */
#include "words.h"
/*@
// A bit that is not set in the summary: that word is 0. Beyond the last bin there is none.
predicate summarized{L}(size_t *occupied, integer summary, integer count) =
    \forall integer w; 0 <= w < 64 ==>
        (bit(summary, w) ==> w * 64 < count) && (w * 64 < count && occupied[w] != 0 ==> bit(summary, w));

predicate bins_within{L}(size_t *occupied, integer count) =
    \forall integer w, i; 0 <= w * 64 < count && 0 <= i < 64 && bit(occupied[w], i) ==> w * 64 + i < count;
*/
#define OSM_LAYOUT wide
#include "policies/index_size.h"

/*@ requires 0 < x->bin_count <= BINS && units < x->bin_count && \valid(&x->summary);
    requires \valid_read(&x->occupied) && \valid_read(&x->bin_count);
    requires \valid_read(x->occupied + (0 .. (x->bin_count - 1) / 64));
    requires \separated(&x->summary, x->occupied + (0 .. (x->bin_count - 1) / 64));
    requires summarized(x->occupied, x->summary, x->bin_count) && bins_within(x->occupied, x->bin_count);
    assigns x->summary;
    ensures \result <= x->bin_count && summarized(x->occupied, x->summary, x->bin_count);
    ensures \result < x->bin_count ==> units / 64 < \result / 64 && lowest(x->occupied[\result / 64], \result % 64);
    ensures \forall integer w; units / 64 < w && w * 64 < x->bin_count &&
        (\result == x->bin_count || w < \result / 64) ==> x->occupied[w] == 0;
*/
static size_t bin_beyond(struct index *x, size_t units);

/*@ requires 0 < x->bin_count <= BINS && \valid(&x->summary);
    requires \valid_read(&x->occupied) && \valid_read(&x->bin_count);
    requires \valid_read(x->occupied + (0 .. (x->bin_count - 1) / 64));
    requires \separated(&x->summary, x->occupied + (0 .. (x->bin_count - 1) / 64));
    requires summarized(x->occupied, x->summary, x->bin_count) && bins_within(x->occupied, x->bin_count);
    assigns x->summary;
    ensures units <= \result && summarized(x->occupied, x->summary, x->bin_count);
    ensures \result < x->bin_count ==> bit(x->occupied[\result / 64], \result % 64);
    ensures \forall integer i; units % 64 <= i < 64 && units / 64 * 64 + i < \result && units < x->bin_count ==>
        !bit(x->occupied[units / 64], i);
    ensures \forall integer w; units / 64 < w < \result / 64 && w * 64 < x->bin_count ==> x->occupied[w] == 0;
    ensures \result < x->bin_count && units / 64 < \result / 64 ==> lowest(x->occupied[\result / 64], \result % 64);
*/
static inline size_t bin_at_least(struct index *x, size_t units);
