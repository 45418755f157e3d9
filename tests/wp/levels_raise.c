/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index by address: its maxima stay right when a block is filed, for any number of pieces.
 */
#include "words.h"

#include <stdint.h>
/*@
// Which entry of a level stands for piece j, and how many entries a level has. n is l + 1; said so, it makes provers
// unfold only between levels that are spoken of.
axiomatic levels {
  logic integer above(integer j, integer level);
  logic integer width(integer count, integer level);
  logic integer level_of(int32_t *entry);
  axiom above_0: \forall integer j; above(j, 0) == j;
  axiom above_next: \forall integer j, l, n; 0 <= l < n <= l + 1 ==> above(j, n) == above(j, l) / 16;
  axiom width_0: \forall integer count; width(count, 0) == count;
  axiom width_next: \forall integer count, l, n; 0 <= l < n <= l + 1 ==> width(count, n) == (width(count, l) + 15) / 16;
}
*/
#include "levels.h"

/*@
predicate levels_valid{L}(struct pieces *p) =
    \valid_read(p) && 0 < p->levels <= LEVELS && 0 < p->count <= INT32_MAX &&
    (\forall integer l; l < p->levels <= l + 1 ==> width(p->count, l) <= 16) &&
    \forall integer l; 0 <= l < p->levels ==>
        0 < width(p->count, l) <= p->count && row_valid(p->max[l], p->count, l);

predicate levels_right{L}(struct pieces *p) =
    (\forall integer l; 0 <= l < p->levels ==> padded(p->max[l], p->count, l)) &&
    (\forall integer l, n; 0 <= l < n <= l + 1 && n < p->levels ==> maxima(p->max[l], p->max[n], p->count, l));

// No entry is of two levels.
predicate levels_apart{L}(struct pieces *p) =
    \forall integer l, i; 0 <= l < p->levels && 0 <= i < (width(p->count, l) / 16 + 1) * 16 ==>
        level_of(p->max[l] + i) == l;

lemma maxima_reached{L}: \forall int32_t *low, *high, integer count, l, at, units;
    maxima_but(low, high, count, l, at, units) ==> units <= high[at] ==> maxima(low, high, count, l);

lemma kept{K, L}: \forall int32_t *low, *high, integer count, l, n;
    0 <= l < n <= l + 1 ==> maxima{K}(low, high, count, l) ==> same_but{K, L}(low, count, l, -1) ==>
    same_but{K, L}(high, count, n, -1) ==> maxima{L}(low, high, count, l);

lemma followed{K, L}: \forall int32_t *low, *high, integer count, l, n, at, units;
    0 <= l < n <= l + 1 ==> 0 <= at < width(count, n) ==> maxima_but{K}(low, high, count, l, at, units) ==>
    \at(high[at], K) < units ==>
    same_but{K, L}(low, count, l, -1) ==> same_but{K, L}(high, count, n, at) ==> \at(high[at], L) == units ==>
    maxima{L}(low, high, count, l);

lemma raised_bounds{K, L}: \forall int32_t *low, *high, integer count, l, n, at, i, units;
    0 <= l < n <= l + 1 ==> 0 <= at < width(count, l) ==> maxima{K}(low, high, count, l) ==>
    0 <= i < width(count, l) ==>
    same_but{K, L}(low, count, l, at) ==> same_but{K, L}(high, count, n, -1) ==> \at(low[at], L) == units ==>
    \at(low[i], L) <= \at(high[i / 16], L) || (i / 16 == at / 16 && \at(low[i], L) <= units);

lemma raised_holds{K, L}: \forall int32_t *low, *high, integer count, l, n, at, i, units;
    0 <= l < n <= l + 1 ==> 0 <= at < width(count, l) ==> maxima{K}(low, high, count, l) ==>
    0 <= i < width(count, n) ==>
    \at(low[at], K) < units ==> same_but{K, L}(low, count, l, at) ==> same_but{K, L}(high, count, n, -1) ==>
    \at(high[i], L) == 0 || (i == at / 16 && \at(high[i], L) < units) ||
    \exists integer e; e / 16 == i && 0 <= e < width(count, l) && \at(low[e], L) == \at(high[i], L);

lemma raised{K, L}: \forall int32_t *low, *high, integer count, l, n, at, units;
    0 <= l < n <= l + 1 ==> 0 <= at < width(count, l) ==> maxima{K}(low, high, count, l) ==> \at(low[at], K) < units ==>
    same_but{K, L}(low, count, l, at) ==> same_but{K, L}(high, count, n, -1) ==> \at(low[at], L) == units ==>
    maxima_but{L}(low, high, count, l, at / 16, units);

predicate set_from{K, L}(int32_t **max, integer levels, integer count, integer level, integer at, integer units) =
    \at(max[level][at], K) < units == \at(max[level][at], L) &&
    \forall integer l; 0 <= l < levels ==> \at(max[l], K) == \at(max[l], L) &&
        same_but{K, L}(\at(max[l], L), count, l, l == level ? at : -1);

lemma set_keeps{K, L}: \forall int32_t **max, integer levels, count, level, l, n, at, units;
    0 <= level < levels ==> 0 <= at < width(count, level) ==> set_from{K, L}(max, levels, count, level, at, units) ==>
    right_but{K}(max, levels, count, level, at, units) ==> 0 <= l < n <= l + 1 ==> n < levels ==> n != level ==>
    l != level ==>
    maxima{L}(\at(max[l], L), \at(max[n], L), count, l);

lemma set_follows{K, L}: \forall int32_t **max, integer levels, count, level, l, at, units;
    0 <= l < level <= l + 1 ==> level < levels ==> 0 <= at < width(count, level) ==>
    set_from{K, L}(max, levels, count, level, at, units) ==>
    right_but{K}(max, levels, count, level, at, units) ==>
    maxima{L}(\at(max[l], L), \at(max[level], L), count, l);

lemma set_raises{K, L}: \forall int32_t **max, integer levels, count, level, n, at, units;
    0 <= level < n <= level + 1 ==> n < levels ==> 0 <= at < width(count, level) ==>
    set_from{K, L}(max, levels, count, level, at, units) ==>
    right_but{K}(max, levels, count, level, at, units) ==>
    maxima_but{L}(\at(max[level], L), \at(max[n], L), count, level, at / 16, units);

lemma reached_right{L}: \forall int32_t **max, integer levels, count, level, l, n, at, units;
    right_but(max, levels, count, level, at, units) ==> (level < levels ==> units <= max[level][at]) ==>
    0 <= l < n <= l + 1 ==> n < levels ==> maxima(max[l], max[n], count, l);
*/

/*@ requires levels_valid(p) && levels_apart(p) && level < p->levels && at < width(p->count, level);
    assigns p->max[0 .. LEVELS - 1][0 .. INT32_MAX];
    ensures p->max[level][at] == units;
    ensures \forall integer l; 0 <= l < p->levels ==> same_but{Pre, Post}(p->max[l], p->count, l, l == level ? at : -1);
    ensures \forall integer l; 0 <= l < p->levels ==> padded{Pre}(p->max[l], p->count, l) ==>
    padded(p->max[l], p->count, l);
    ensures right_but{Pre}(&p->max[0], p->levels, p->count, level, at, units) ==> \old(p->max[level][at]) < units ==>
        \forall integer l, n; 0 <= l < n <= l + 1 && n < p->levels && n != level && l != level ==>
            maxima(p->max[l], p->max[n], p->count, l);
    ensures right_but{Pre}(&p->max[0], p->levels, p->count, level, at, units) ==> \old(p->max[level][at]) < units ==>
        \forall integer l; 0 <= l < level <= l + 1 ==> maxima(p->max[l], p->max[level], p->count, l);
    ensures right_but{Pre}(&p->max[0], p->levels, p->count, level, at, units) ==> \old(p->max[level][at]) < units ==>
        \forall integer n; level < n <= level + 1 && n < p->levels ==>
            maxima_but(p->max[level], p->max[n], p->count, level, at / 16, units);
*/
static inline void entry_set(struct pieces *p, unsigned level, size_t at, int32_t units);

/*@ requires levels_valid(p) && levels_apart(p) && levels_right(p) && units > 0 && piece < p->count;
    assigns p->max[0 .. LEVELS - 1][0 .. INT32_MAX];
    ensures p->max[0][piece] == \max(\old(p->max[0][piece]), units);
    ensures same_but{Pre, Post}(p->max[0], p->count, 0, piece);
    ensures \forall integer l; 0 <= l < p->levels ==> padded(p->max[l], p->count, l);
    ensures \forall integer l, n; 0 <= l < n <= l + 1 && n < p->levels ==> maxima(p->max[l], p->max[n], p->count, l);
*/
static inline void pieces_raise(struct pieces *p, size_t piece, int32_t units);
