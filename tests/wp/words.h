/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words of bits, as proofs about loops see them. tests/prove shows the same of the functions' own bits.
 */
/*@
predicate bit(integer word, integer i) = (word & (1 << i)) != 0;

predicate lowest(integer word, integer i) =
    0 <= i < 64 && bit(word, i) && \forall integer j; 0 <= j < i ==> !bit(word, j);

predicate highest(integer word, integer i) =
    0 <= i < 64 && bit(word, i) && \forall integer j; i < j < 64 ==> !bit(word, j);

lemma shifted_back: \forall integer word, by, i; 0 <= by ==> 0 <= i ==> bit(word >> by, i) ==> bit(word, i + by);

lemma shifted: \forall integer word, by, i; 0 <= by <= i ==> (bit(word, i) <==> bit(word >> by, i - by));
*/
#include "policies/bits.h"

/*@ requires word != 0;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures lowest(word, \result);
*/
static inline unsigned bit_lowest(size_t word);

/*@ requires word != 0;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures highest(word, \result);
*/
static inline unsigned bit_highest(size_t word);

/*@ requires word != 0;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures \result < word;
    ensures \forall integer i; 0 <= i < 64 ==> (bit(\result, i) <==> bit(word, i) && !lowest(word, i));
*/
static inline size_t bits_but_lowest(size_t word);

/*@ requires i < 64;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures \forall integer j; 0 <= j < 64 ==> (bit(\result, j) <==> i < j);
*/
static inline size_t bits_above(size_t i);
