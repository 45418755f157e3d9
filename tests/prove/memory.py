# SPDX-License-Identifier: BSD-3-Clause
"""Memory: objects that lie apart, each with cells of 4 bytes.

An address that was made by counting from an object's start is that object's, or wrong: so C has it. Of another one, that
was read from memory or is a parameter, it is asked for each object whether it lies there.
"""
import z3

from formulas import TRUE, both, choose, either, is_number, negated, number_of, operated, piece

CELL = 4
FEW = 64  # cells that are kept one by one; of larger objects z3 keeps an array


class Object:
    def __init__(self, name, base, size, align, word):
        self.base, self.size, self.align, self.word = base, size, align, word
        self.cells = self.array = None
        self.start = summands(base)
        if is_number(size) and size.as_long() <= CELL * FEW:
            self.cells = [z3.BitVec(f'{name}[{i}]', 8 * CELL) for i in range(-(-size.as_long() // CELL))]
        else:
            self.array = z3.Array(name, z3.BitVecSort(word - 2), z3.BitVecSort(8 * CELL))

    def contains(self, offset, bytes_):
        """Do so many bytes from there on lie within?"""
        if is_number(offset) and is_number(self.size):
            return z3.BoolVal(offset.as_long() + bytes_ <= self.size.as_long())
        return z3.And(z3.ULE(bytes_, self.size), z3.ULE(offset, self.size - bytes_))

    def cell(self, index):
        if self.array is not None:
            return z3.Select(self.array, index)
        if is_number(index):
            i = index.as_long()
            return self.cells[i] if i < len(self.cells) else z3.BitVecVal(0, 8 * CELL)
        result = self.cells[-1]
        for i, cell in enumerate(self.cells[:-1]):
            result = choose(index == i, cell, result)
        return result

    def set_cell(self, index, value, cond):
        if self.array is not None:
            if not z3.is_true(cond):
                value = choose(cond, value, z3.Select(self.array, index))
            self.array = z3.Store(self.array, index, value)
        elif is_number(index):
            i = index.as_long()
            if i < len(self.cells):
                self.cells[i] = choose(cond, value, self.cells[i])
        else:
            self.cells = [choose(both(cond, index == i), value, cell) for i, cell in enumerate(self.cells)]

    def indices(self, offset, bytes_):
        at = number_of(z3.Extract(self.word - 1, 2, offset))
        return [number_of(at + i) for i in range(max(bytes_ // CELL, 1))]

    def load(self, offset, bytes_):
        cells = [self.cell(index) for index in self.indices(offset, bytes_)]
        if bytes_ < CELL:
            return piece(number_of(z3.LShR(cells[0], byte_shift(offset))), 8 * bytes_ - 1, 0)
        return z3.Concat(*reversed(cells)) if len(cells) > 1 else cells[0]

    def store(self, offset, term, cond):
        bytes_ = term.size() // 8
        if bytes_ < CELL:
            index, shift = self.indices(offset, bytes_)[0], byte_shift(offset)
            mask = z3.BitVecVal(2 ** (8 * bytes_) - 1, 8 * CELL) << shift
            self.set_cell(index, (self.cell(index) & ~mask) | (z3.ZeroExt(8 * (CELL - bytes_), term) << shift), cond)
            return
        for i, index in enumerate(self.indices(offset, bytes_)):
            self.set_cell(index, piece(term, 32 * i + 31, 32 * i), cond)


def byte_shift(offset):
    return number_of(z3.ZeroExt(30, number_of(z3.Extract(1, 0, offset))) * 8)


def summands(term):
    """The terms of a sum, those that are subtracted with False; and the number in it."""
    if is_number(term):
        return [], term.as_long()
    kind = term.decl().kind()
    if kind == z3.Z3_OP_BADD or kind == z3.Z3_OP_BSUB and term.num_args() == 2:
        terms, number = summands(term.arg(0))
        for part in term.children()[1:]:
            more, plus = summands(part)
            terms = terms + [(one, sign == (kind == z3.Z3_OP_BADD)) for one, sign in more]
            number += plus if kind == z3.Z3_OP_BADD else -plus
        return terms, number
    return [(term, True)], 0


class Memory:
    """All objects. `machine` has the condition at hand and takes what must hold."""

    def __init__(self, machine, word):
        self.machine, self.word, self.objects, self.axioms = machine, word, [], []

    def add(self, name, base, size, align):
        """An object of any contents at `base`, apart from all others."""
        align = max(align, CELL)
        made = Object(name, base, size, align, self.word)
        self.axioms += [base != 0, z3.ULE(size, (1 << (self.word - 1)) - 1), z3.ULT(base, base + size),
                        z3.Extract(align.bit_length() - 2, 0, base) == 0]
        self.axioms += [z3.Or(z3.ULE(base + size, other.base), z3.ULE(other.base + other.size, base))
                        for other in self.objects]
        self.objects.append(made)
        return made

    def home(self, address):
        """The object that an address counts from, and how far; None: that is not known."""
        terms, number = summands(address)
        for made in self.objects:
            rest, start = list(terms), made.start[1]
            for one in made.start[0]:
                found = next((i for i, other in enumerate(rest) if other[1] == one[1] and other[0].eq(one[0])), None)
                if found is None:
                    break
                del rest[found]
            else:
                offset = z3.BitVecVal(number - start, self.word)
                for other, sign in rest:
                    offset = operated('+' if sign else '-', offset, other)
                return made, z3.simplify(offset)
        return None

    def each(self, address):
        """(condition, object, offset) of all places where an address may lead."""
        if address.decl().kind() == z3.Z3_OP_ITE:
            cond = address.arg(0)
            return [(both(cond, more), *place) for more, *place in self.each(address.arg(1))] + \
                   [(both(negated(cond), more), *place) for more, *place in self.each(address.arg(2))]
        known = self.home(address)
        if known:
            return [(TRUE, *known)]
        offsets = [(made, z3.simplify(address - made.base)) for made in self.objects]
        return [(z3.ULT(offset, made.size), made, offset) for made, offset in offsets]

    def check(self, address, bytes_, align):
        places = self.each(address)
        self.machine.must(either(*(both(cond, made.contains(offset, bytes_)) for cond, made, offset in places)),
                          'an access outside of every object')
        for cond, made, offset in places:
            if align > 1 and not (align <= made.align and is_number(offset) and offset.as_long() % align == 0):
                rest = z3.Extract(align.bit_length() - 2, 0, made.base + offset if align > made.align else offset)
                self.machine.must(either(negated(cond), z3.simplify(rest == 0)), 'a misaligned access')

    def load(self, address, bytes_):
        result = None
        for cond, made, offset in self.each(address):
            term = made.load(offset, bytes_)
            result = term if result is None else choose(cond, term, result)
        return z3.BitVecVal(0, 8 * bytes_) if result is None else result

    def store(self, address, term):
        for cond, made, offset in self.each(address):
            made.store(offset, term, both(self.machine.cond, cond))
