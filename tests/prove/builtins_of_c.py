# SPDX-License-Identifier: BSD-3-Clause
"""What calls mean that have no body to execute: those of prove.h, the compiler's, the C library's."""
import z3
from pycparser import c_ast

from c_types import BOOL, INT, UNSIGNED, Int, Value
from formulas import FALSE, choose, either, inserted, negated, of_truth, piece


def assume(machine, cond):
    holds = machine.truth(cond)
    machine.assumed.append(either(negated(machine.cond), holds))


def claim(machine, cond):
    at = cond.coord
    holds = machine.truth(cond)
    machine.at = at
    machine.must(holds, 'a claim does not hold')


def memory(machine, at, size):
    base, bytes_ = machine.eval(at), machine.convert(machine.eval(size), machine.types.size_t)
    machine.names += 1
    machine.memory.add(f'memory!{machine.names}', base.term, z3.simplify(bytes_.term), machine.types.align(base.kind.to))


def searched(from_low):
    """The zeros below the lowest set bit, or above the highest: by halves."""
    def call(machine, word):
        term = machine.eval(word).term
        machine.must(term != 0, 'the first set bit of 0')
        bits = half = term.size()
        count = z3.BitVecVal(0, bits)
        while half > 1:
            half //= 2
            part = z3.Extract(half - 1, 0, term) if from_low else z3.Extract(bits - 1, bits - half, term)
            is_empty = part == 0
            count = choose(is_empty, count + half, count)
            term = choose(is_empty, z3.LShR(term, half) if from_low else term << half, term)
        return machine.convert(Value(Int(bits, False), z3.simplify(count)), INT)
    return call


def of_bits(bits, name):
    """The builtin for numbers of so many bits, of whatever type the argument is; None: of a long."""
    inner = searched(name == 'ctz')

    def call(machine, word):
        return inner(machine, c_ast.Cast(kind_node('unsigned long' if bits is None else 'unsigned long long'), word, word.coord))
    return call


def kind_node(words):
    return c_ast.Typename(None, [], None, c_ast.TypeDecl(None, [], None, c_ast.IdentifierType(words.split())))


def mul_overflow(machine, a, b, to):
    """Exact, then cut down to the type of the result."""
    x, y, pointer = machine.eval(a), machine.eval(b), machine.eval(to)
    kind, wide = pointer.kind.to, 2 * max(x.term.size(), y.term.size(), 32) + 2
    p, q = (z3.SignExt(wide - one.term.size(), one.term) if one.kind.signed
            else z3.ZeroExt(wide - one.term.size(), one.term) for one in (x, y))
    exact = p * q
    result = z3.Extract(kind.bits - 1, 0, exact)
    back = z3.SignExt(wide - kind.bits, result) if kind.signed else z3.ZeroExt(wide - kind.bits, result)
    machine.store(pointer.term, Value(kind, result))
    return Value(BOOL, of_truth(exact != back, 8))


def memcpy(machine, to, source, n):
    target, origin, count = machine.eval(to), machine.eval(source), machine.number(n)
    for one in (target, origin):
        machine.memory.check(one.term, count, 1)
    read = [machine.memory.load(origin.term + i, 1) for i in range(count)]
    for i, byte in enumerate(read):
        machine.memory.store(target.term + i, byte)
    return target


def memset(machine, at, byte, n):
    target, value = machine.eval(at), machine.eval(byte)
    if not machine.is_possible():
        return target
    count = machine.number(n)
    machine.memory.check(target.term, count, 1)
    for i in range(count):
        machine.memory.store(target.term + i, piece(value.term, 7, 0))
    return target


def expected(machine, value, _):
    return machine.eval(value)


def each(machine, first, last):
    return machine.literal(machine.choose(machine.number(first), machine.number(last)), UNSIGNED)


def unreachable(machine):
    machine.must(FALSE, 'what cannot be reached is reached')
    machine.narrow(FALSE)


def abort(machine):
    machine.narrow(FALSE)


# ---- Vectors of 128 bits

def lanes(value, width):
    return [piece(value.term, at + width - 1, at) for at in range(0, 128, width)]


def vector(machine, parts):
    return Value(machine.types.typedefs['__m128i'], z3.Concat(*reversed(parts)))


def set1(machine, each):
    return vector(machine, [machine.convert(machine.eval(each), INT).term] * 4)


def cmpgt(machine, a, b):
    pairs = zip(lanes(machine.eval(a), 32), lanes(machine.eval(b), 32))
    return vector(machine, [choose(x > y, z3.BitVecVal(-1, 32), z3.BitVecVal(0, 32)) for x, y in pairs])


def packs(width):
    """Signed saturation to half the width."""
    def call(machine, a, b):
        half = width // 2
        most, least = (1 << (half - 1)) - 1, -(1 << (half - 1))
        narrow = [choose(x > most, z3.BitVecVal(most, half), choose(x < least, z3.BitVecVal(least, half), piece(x, half - 1, 0)))
                  for value in (machine.eval(a), machine.eval(b)) for x in lanes(value, width)]
        return vector(machine, narrow)
    return call


def movemask(machine, a):
    bits = z3.BitVecVal(0, 32)
    for i, lane in enumerate(lanes(machine.eval(a), 8)):
        bits = inserted(bits, piece(lane, 7, 7), i)
    return Value(INT, bits)


CALLS = {
    'assume': assume, 'claim': claim, 'memory': memory, 'each': each, 'abort': abort, '__builtin_unreachable': unreachable,
    '__builtin_expect': expected,
    '__builtin_ctzl': of_bits(None, 'ctz'), '__builtin_ctzll': of_bits(64, 'ctz'),
    '__builtin_clzl': of_bits(None, 'clz'), '__builtin_clzll': of_bits(64, 'clz'),
    '__builtin_mul_overflow': mul_overflow, 'memcpy': memcpy, '__builtin_memcpy': memcpy, 'memmove': memcpy, 'memset': memset,
    '_mm_set1_epi32': set1, '_mm_cmpgt_epi32': cmpgt, '_mm_packs_epi32': packs(32), '_mm_packs_epi16': packs(16),
    '_mm_movemask_epi8': movemask,
}
