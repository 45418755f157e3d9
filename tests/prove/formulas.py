# SPDX-License-Identifier: BSD-3-Clause
"""Formulas for z3, kept small where a glance suffices: numbers are computed, parts are taken out of what they were put
into."""
import z3

TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


def is_number(term):
    return z3.is_bv_value(term)


def number_of(term):
    """The same, computed if all that it is made of is known."""
    known = all(is_number(part) or z3.is_true(part) or z3.is_false(part) for part in term.children())
    return z3.simplify(term) if known and term.children() else term


def negated(a):
    if z3.is_true(a) or z3.is_false(a):
        return FALSE if z3.is_true(a) else TRUE
    return a.arg(0) if z3.is_not(a) else z3.Not(a)


def both(a, b):
    if z3.is_true(a) or z3.is_false(b) or a.eq(b):
        return b
    return a if z3.is_true(b) or z3.is_false(a) else z3.And(a, b)


def either(*parts):
    parts = [part for part in parts if not z3.is_false(part)]
    if any(z3.is_true(part) for part in parts):
        return TRUE
    return z3.Or(*parts) if len(parts) > 1 else parts[0] if parts else FALSE


def choose(cond, a, b):
    if z3.is_true(cond) or a.eq(b):
        return a
    return b if z3.is_false(cond) else z3.If(cond, a, b)


def of_truth(cond, bits):
    return choose(cond, z3.BitVecVal(1, bits), z3.BitVecVal(0, bits))


def truth_of(term):
    """Is a number other than 0?"""
    if is_number(term):
        return z3.BoolVal(term.as_long() != 0)
    kind = term.decl().kind()
    if kind == z3.Z3_OP_ITE and is_number(term.arg(1)) and is_number(term.arg(2)):
        yes, no = (term.arg(i).as_long() != 0 for i in (1, 2))
        return z3.BoolVal(yes) if yes == no else term.arg(0) if yes else negated(term.arg(0))
    if kind in (z3.Z3_OP_ZERO_EXT, z3.Z3_OP_SIGN_EXT):
        return truth_of(term.arg(0))
    return term != 0


def piece(term, high, low):
    """Bits of a number."""
    if low == 0 and high == term.size() - 1:
        return term
    if is_number(term):
        return z3.simplify(z3.Extract(high, low, term))
    if term.decl().kind() == z3.Z3_OP_CONCAT:
        end = term.size()
        for part in term.children():
            start = end - part.size()
            if start <= low and high < end:
                return piece(part, high - start, low - start)
            end = start
    if term.decl().kind() == z3.Z3_OP_ITE:
        a, b = piece(term.arg(1), high, low), piece(term.arg(2), high, low)
        return choose(term.arg(0), a, b)
    return z3.Extract(high, low, term)


def inserted(term, part, low):
    """A number with other bits from `low` on."""
    end = low + part.size()
    parts = [piece(term, term.size() - 1, end)] if end < term.size() else []
    parts += [part] + ([piece(term, low - 1, 0)] if low > 0 else [])
    return z3.Concat(*parts) if len(parts) > 1 else part


def masked(term, mask, ones):
    """A number with zeros, or `ones`, where a mask has bits that are not set (that are set)."""
    parts, at, bits = [], 0, term.size()
    while at < bits:
        end, bit = at + 1, mask >> at & 1
        while end < bits and mask >> end & 1 == bit:
            end += 1
        kept = bit == (0 if ones else 1)
        parts.insert(0, piece(term, end - 1, at) if kept else z3.BitVecVal(-1 if ones else 0, end - at))
        at = end
    return z3.Concat(*parts) if len(parts) > 1 else parts[0]


def low_zeros(term):
    """How many of the lowest bits are zeros at a glance."""
    if is_number(term):
        n = term.as_long()
        return term.size() if n == 0 else (n & -n).bit_length() - 1
    if term.decl().kind() == z3.Z3_OP_CONCAT:
        last = term.arg(term.num_args() - 1)
        zeros = low_zeros(last)
        return zeros if zeros < last.size() else zeros + low_zeros(term.arg(term.num_args() - 2)) if term.num_args() == 2 else zeros
    if term.decl().kind() == z3.Z3_OP_ITE:
        return min(low_zeros(term.arg(1)), low_zeros(term.arg(2)))
    return 0


def operated(op, a, b):
    """A sum, a difference, a bitwise operation or a shift, in the form that shows zeros at the low end."""
    bits = a.size()
    if op in ('<<', '>>') and is_number(b) and b.as_long() == 0:
        return a
    if op in ('&', '|') and (is_number(a) or is_number(b)) and not (is_number(a) and is_number(b)):
        term, mask = (b, a) if is_number(a) else (a, b)
        return masked(term, mask.as_long(), op == '|')
    if op in ('<<', '>>') and is_number(b) and 0 < b.as_long() < bits and not is_number(a):
        n = b.as_long()
        zeros = z3.BitVecVal(0, n)
        return z3.Concat(piece(a, bits - n - 1, 0), zeros) if op == '<<' else z3.Concat(zeros, piece(a, bits - 1, n))
    made = {'+': lambda x, y: x + y, '-': lambda x, y: x - y, '&': lambda x, y: x & y, '|': lambda x, y: x | y,
            '^': lambda x, y: x ^ y, '<<': lambda x, y: x << y, '>>': z3.LShR}[op]
    low = min(low_zeros(a), low_zeros(b)) if op in ('+', '-') else 0
    if 0 < low < bits:
        high = z3.simplify(made(piece(a, bits - 1, low), piece(b, bits - 1, low)))
        return z3.Concat(high, z3.BitVecVal(0, low))
    return number_of(made(a, b))
