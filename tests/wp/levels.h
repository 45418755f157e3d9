/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The levels of maxima of the index by address, and what is said of them at its loops and in contracts. Included where
 * above() and width() are known: which entry of a level stands for a piece, and how many entries a level has.
 */
/*@
// `high` holds the maxima of the groups of `low`, which is level l; 0 pads it.
predicate maxima{L}(int32_t *low, int32_t *high, integer count, integer l) =
    (\forall integer i; 0 <= i < width(count, l) ==> low[i] <= high[i / 16]) &&
    (\forall integer i; 0 <= i < width(count, l + 1) ==>
        high[i] == 0 || \exists integer e; e / 16 == i && 0 <= e < width(count, l) && low[e] == high[i]);

predicate padded{L}(int32_t *max, integer count, integer l) =
    \forall integer i; width(count, l) <= i < (width(count, l) / 16 + 1) * 16 ==> max[i] == 0;

predicate row_valid{L}(int32_t *max, integer count, integer l) =
    \valid(max + (0 .. (width(count, l) / 16 + 1) * 16 - 1));

lemma group_valid{L}: \forall int32_t *max, integer count, l, at;
    row_valid(max, count, l) ==> 0 <= at < width(count, l) ==>
    \valid_read(max + (at / 16 * 16 .. at / 16 * 16 + 15));

// Level l tells of each piece at least what is there.
predicate dominated{L}(int32_t *pieces, int32_t *max, integer count, integer l) =
    0 < width(count, l) <= count && \forall integer j; 0 <= j < count ==>
        pieces[j] <= max[above(j, l)] && 0 <= above(j, l) < width(count, l);

// Entry `at` of level l parts the pieces: below it none from `piece` on reaches `units`; from it on all are such.
predicate parted{L}(int32_t *pieces, integer piece, integer count, integer l, integer at, integer units) =
    \forall integer j; 0 <= j < count ==>
        (above(j, l) < at ==> j < piece || pieces[j] < units) && (at <= above(j, l) ==> piece <= j);

predicate none_among{L}(int32_t *max, integer begin, integer end, integer units) =
    \forall integer e; begin <= e < end ==> max[e] < units;

// Entry `at` of level l is there and reaches `units`.
predicate reached{L}(int32_t *max, integer count, integer l, integer at, integer units) =
    0 <= at < width(count, l) && max[at] >= units;

// The same, but entry `at` of `high` is still to be raised to `units`, which a child of it has reached.
predicate maxima_but{L}(int32_t *low, int32_t *high, integer count, integer l, integer at, integer units) =
    (\forall integer i; 0 <= i < width(count, l) ==> low[i] <= high[i / 16] || (i / 16 == at && low[i] <= units)) &&
    (\forall integer i; 0 <= i < width(count, l + 1) ==> high[i] == 0 || (i == at && high[i] < units) ||
        \exists integer e; e / 16 == i && 0 <= e < width(count, l) && low[e] == high[i]) &&
    \exists integer e; e / 16 == at && 0 <= e < width(count, l) && low[e] == units;

// No entry of level l is another but perhaps `at`.
predicate same_but{K, L}(int32_t *max, integer count, integer l, integer at) =
    \forall integer i; 0 <= i < (width(count, l) / 16 + 1) * 16 ==> i != at ==> \at(max[i], K) == \at(max[i], L);

// Levels are right but for that of `level`, whose entry `at` is still to be raised.
predicate right_but{L}(int32_t **max, integer levels, integer count, integer level, integer at, integer units) =
    (\forall integer l, n; 0 <= l < n <= l + 1 && n < levels && n != level ==> maxima(max[l], max[n], count, l)) &&
    (\forall integer l, n; 0 <= l < n <= l + 1 && n < levels && n == level ==>
        maxima_but(max[l], max[n], count, l, at, units));
*/
#define OSM_LAYOUT wide
#include "policies/index_address.h"
