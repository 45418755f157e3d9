/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index by address: what is found by its maxima, for any number of pieces.
 */
#include "words.h"

#include <stdint.h>
/*@
// Which entry of a level stands for piece j, and how many entries a level has. n is l + 1; said so, it makes provers
// unfold only between levels that are spoken of.
axiomatic levels {
  logic integer above(integer j, integer level);
  logic integer width(integer count, integer level);
  axiom above_0: \forall integer j; above(j, 0) == j;
  axiom above_next: \forall integer j, l, n; 0 <= l < n <= l + 1 ==> above(j, n) == above(j, l) / 16;
  axiom width_0: \forall integer count; width(count, 0) == count;
  axiom width_next: \forall integer count, l; 0 < l ==> width(count, l) == (width(count, l - 1) + 15) / 16;
}
*/
#include "levels.h"

/*@
predicate levels_valid{L}(struct pieces *p) =
    \valid_read(p) && 0 < p->levels <= LEVELS && 0 < p->count <= INT32_MAX &&
    (\forall integer l; l < p->levels <= l + 1 ==> width(p->count, l) <= 16) &&
    \forall integer l; 0 <= l < p->levels ==> row_valid(p->max[l], p->count, l);

predicate levels_right{L}(struct pieces *p) =
    (\forall integer l; 0 <= l < p->levels ==> padded(p->max[l], p->count, l)) &&
    (\forall integer l; 0 <= l < p->levels - 1 ==> maxima(p->max[l], p->max[l + 1], p->count, l));

lemma dominated_next{L}: \forall int32_t *pieces, *low, *high, integer count, l;
    0 <= l ==> maxima(low, high, count, l) ==> dominated(pieces, low, count, l) ==>
    dominated(pieces, high, count, l + 1);

lemma up{L}: \forall int32_t *pieces, *max, integer count, l, at, end, piece, units;
    0 <= l ==> 0 <= at ==> 0 <= piece ==> at / 16 * 16 + 16 <= end ==> dominated(pieces, max, count, l) ==>
    parted(pieces, piece, count, l, at, units) ==> none_among(max, at, end, units) ==>
    parted(pieces, piece, count, l + 1, at / 16 + 1, units);

lemma down{L}: \forall int32_t *pieces, *max, integer count, l, n, at, begin, found, piece, units;
    0 <= l < n <= l + 1 ==> begin <= 16 * at <= found < 16 * at + 16 ==> 0 <= begin ==>
    dominated(pieces, max, count, l) ==>
    parted(pieces, piece, count, n, at, units) ==> none_among(max, begin, found, units) ==>
    parted(pieces, piece, count, l, found, units);

lemma room{L}: \forall int32_t *low, *high, *pieces, integer count, l, n, at, units;
    0 <= l < n <= l + 1 ==> reached(high, count, n, at, units) ==> dominated(pieces, low, count, l) ==>
    0 <= 16 * at < width(count, l) <= count;

lemma child{L}: \forall int32_t *low, *high, integer count, l, n, at, begin, end, units;
    0 <= l < n <= l + 1 ==> 0 < units ==> 0 <= begin <= 16 * at ==> maxima(low, high, count, l) ==>
    reached(high, count, n, at, units) ==> none_among(low, begin, end, units) ==>
    end < 16 * at + 16 && end < width(count, l);

lemma along{L}: \forall int32_t *pieces, *max, integer count, l, at, found, piece, units;
    0 <= l ==> 0 <= at <= found < at / 16 * 16 + 16 ==> dominated(pieces, max, count, l) ==>
    parted(pieces, piece, count, l, at, units) ==> none_among(max, at, found, units) ==>
    parted(pieces, piece, count, l, found, units);

lemma ended{L}: \forall int32_t *pieces, *max, integer count, l, at, end, piece, units;
    0 <= l ==> 0 <= at ==> 0 <= piece ==> width(count, l) <= end ==> dominated(pieces, max, count, l) ==>
    parted(pieces, piece, count, l, at, units) ==> none_among(max, at, end, units) ==>
    none_among(pieces, piece, count, units);

lemma passed{L}: \forall int32_t *pieces, *max, integer count, l, at, piece, units;
    0 <= l ==> 0 <= piece ==> width(count, l) <= at ==> dominated(pieces, max, count, l) ==>
    parted(pieces, piece, count, l, at, units) ==> none_among(pieces, piece, count, units);

lemma found{L}: \forall int32_t *pieces, integer count, at, piece, units;
    0 <= piece ==> parted(pieces, piece, count, 0, at, units) ==> reached(pieces, count, 0, at, units) ==>
    none_among(pieces, piece, at, units) && piece <= at < count && units <= pieces[at] &&
    !none_among(pieces, piece, count, units);
*/

/*@ requires \valid(&s->steps);
    assigns s->steps;
*/
static inline void space_look(struct space *s, const struct block *b);

/*@ requires \valid_read(max + (at / 16 * 16 .. at / 16 * 16 + 15));
    assigns \nothing;
    ensures \result >= 0;
    ensures \forall integer e; at / 16 * 16 <= e < at / 16 * 16 + 16 ==> max[e] <= \result;
    ensures \result == 0 || \exists integer e; at / 16 * 16 <= e < at / 16 * 16 + 16 && max[e] == \result;
*/
static inline int32_t group_max(const int32_t *max, size_t at);

/*@ requires \valid_read(max + (at / 16 * 16 .. at / 16 * 16 + 15));
    assigns \nothing;
    ensures \forall integer e; at / 16 * 16 <= e < at / 16 * 16 + 16 ==>
        (bit(\result, e - at / 16 * 16) <==> max[e] >= units);
    ensures \forall integer k; 16 <= k < 32 ==> !bit(\result, k);
*/
static inline unsigned group_at_least(const int32_t *max, size_t at, int32_t units);

/*@ requires \valid_read(max + (at / 16 * 16 .. at / 16 * 16 + 15)) && at <= INT32_MAX;
    assigns \nothing;
    ensures \result == NOWHERE || (at <= \result < at / 16 * 16 + 16 && max[\result] >= units);
    ensures \result == NOWHERE ==> none_among(max, at, at / 16 * 16 + 16, units);
    ensures \result != NOWHERE ==> none_among(max, at, \result, units);
*/
static inline size_t group_first(const int32_t *max, size_t at, int32_t units);

/*@ requires levels_valid(p) && levels_right(p) && units > 0 && level < p->levels;
    requires \valid(&x->space.steps) && \separated(&x->space.steps, &p->count);
    requires \forall integer l; 0 <= l <= level ==> dominated(p->max[0], p->max[l], p->count, l);
    requires reached(p->max[level], p->count, level, at, units);
    assigns x->space.steps;
    ensures reached(p->max[0], \old(p->count), 0, \result, units) && \result != NOWHERE;
    ensures \forall integer piece; parted(p->max[0], piece, \old(p->count), level, at, units) ==>
        parted(p->max[0], piece, \old(p->count), 0, \result, units);
*/
static inline size_t pieces_descend(struct index *x, const struct pieces *p, unsigned level, size_t at, int32_t units);

/*@ requires levels_valid(p) && levels_right(p) && units > 0;
    requires \valid(&x->space.steps) && \separated(&x->space.steps, &p->count);
    assigns x->space.steps;
    ensures \result == NOWHERE ==> none_among(p->max[0], piece, \old(p->count), units);
    ensures \result != NOWHERE ==> piece <= \result < \old(p->count) && p->max[0][\result] >= units;
    ensures \result != NOWHERE ==> none_among(p->max[0], piece, \result, units);
*/
static inline size_t pieces_search(struct index *x, const struct pieces *p, size_t piece, int32_t units);
