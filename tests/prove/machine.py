# SPDX-License-Identifier: BSD-3-Clause
"""Executes C on formulas.

All paths are followed at once. `cond` says under which condition the statement at hand is reached; an assignment keeps
the old value where it is not. What must hold (claims, and that nothing is undefined) is collected with the condition
under which it must. A loop is unrolled until z3 says that it has ended, BOUND times at most; that it has is one more
thing that must hold. Calls are executed in place.

A structure in a variable is one number, as its bytes are. Memory is an array of cells of 4 bytes at addresses; a variable
whose address is taken, or an array, lies there at an address of which nothing is known but that it is apart.
"""
from dataclasses import dataclass

import z3
from pycparser import c_ast

from c_types import BOOL, VOID, Array, Cell, Slot, Struct, Unsupported, Value, Variable
from expressions import Expressions
from formulas import TRUE, both, choose, either, inserted, negated, number_of, of_truth, piece, truth_of
from memory import Memory
from statements import Statements


@dataclass
class Obligation:
    assumed: list
    cond: object
    holds: object
    what: str


class Machine(Expressions, Statements):
    def __init__(self, source, cases=()):
        self.cases, self.asked = list(cases), 0
        self.source, self.types, self.word = source, source.types, source.word
        self.cond, self.assumed, self.obligations, self.inputs = TRUE, [], [], []
        self.memory = Memory(self, self.word)
        self.frames, self.globals = [], {}
        self.names = self.left = self.jumped = 0
        self.at = None

    def choose(self, first, last):
        """One of the numbers that a proof is made for one by one: the first, if `cases` does not say which."""
        self.asked += 1
        if self.asked > len(self.cases):
            self.cases.append((first, last))
        return self.cases[self.asked - 1][0]

    # ---- Conditions

    def must(self, holds, what):
        holds = z3.simplify(both(holds, TRUE))
        if not z3.is_true(holds) and not z3.is_false(self.cond):
            self.obligations.append(Obligation(list(self.assumed), self.cond, holds, f'{self.at}: {what}'))

    def narrow(self, holds):
        self.cond = both(self.cond, holds)
        self.left += 1

    def under(self, cond, run):
        """Run under one more condition, and go on with all paths that are left."""
        before, left = self.cond, self.left
        self.cond = both(before, cond)
        result = run() if not z3.is_false(self.cond) else None
        self.cond = before if left == self.left else either(self.cond, both(before, negated(cond)))
        return result

    def is_possible(self):
        if z3.is_false(self.cond):
            return False
        solver = z3.SolverFor('QF_AUFBV')
        solver.set('rlimit', 2000000, 'timeout', 5000)
        solver.add(*self.memory.axioms, *self.assumed, self.cond)
        answer = solver.check()
        return answer != z3.unsat

    # ---- Values

    def fresh(self, name, bits):
        self.names += 1
        return z3.BitVec(f'{name}!{self.names}', bits)

    def any(self, name, kind):
        term = self.fresh(name, 8 * self.types.size(kind))
        if kind == BOOL:
            self.memory.axioms.append(z3.ULE(term, 1))
        if len(self.frames) == 1:
            self.inputs.append((name, kind, term))
        return term

    def literal(self, n, kind):
        return Value(kind, z3.BitVecVal(n, kind.bits))

    def convert(self, value, kind):
        if kind == VOID or value is None or isinstance(kind, (Struct, Array)) or value.kind == kind:
            return value
        have, want = value.term.size(), kind.bits
        if kind == BOOL:
            return Value(BOOL, of_truth(truth_of(value.term), 8))
        if have == want:
            term = value.term
        elif have > want:
            term = piece(value.term, want - 1, 0)
        else:
            term = z3.SignExt(want - have, value.term) if value.kind.signed else \
                z3.Concat(z3.BitVecVal(0, want - have), value.term)
        return Value(kind, number_of(term))

    def number(self, node):
        """The number that an expression gives in every run."""
        term = z3.simplify(self.eval(node).term)
        if not z3.is_bv_value(term):
            raise Unsupported(f'{node.coord}: no constant')
        return term.as_signed_long()

    def truth(self, node):
        return truth_of(self.eval(node).term)

    # ---- Memory

    def allocate(self, kind, align=1):
        """The address of an object of that type."""
        base = self.fresh('object', self.word)
        size = z3.BitVecVal(max(self.types.size(kind), 1), self.word)
        self.memory.add(f'memory!{self.names}', base, size, max(align, self.types.align(kind)))
        return base

    def load(self, address, kind):
        self.memory.check(address, self.types.size(kind), self.types.align(kind))
        term = self.memory.load(address, self.types.size(kind))
        return Value(kind, of_truth(truth_of(term), 8) if kind == BOOL else term)

    def store(self, address, value):
        self.memory.check(address, self.types.size(value.kind), self.types.align(value.kind))
        self.memory.store(address, value.term)

    # ---- Places

    def find(self, name):
        for scope in reversed(self.frames[-1].scopes) if self.frames else ():
            if name in scope:
                return scope[name]
        if name not in self.globals and name in self.source.declared:
            self.globals[name] = self.make_global(self.source.declared[name])
        return self.globals.get(name)

    def make_global(self, decl):
        kind, frames, cond = self.types.of(decl), self.frames, self.cond
        if 'const' not in decl.quals or not decl.init:
            return Variable(kind, self.any(decl.name, kind)) if not isinstance(kind, Array) else \
                Variable(kind, address=self.allocate(kind))
        self.frames, self.cond = [], TRUE
        if isinstance(kind, Array):
            table = [self.convert(self.eval(one), kind.of) for one in decl.init.exprs]
            made = Variable(Array(kind.of, len(table)), table=table)
        else:
            made = Variable(kind, self.initial(decl.init, kind).term)
        self.frames, self.cond = frames, cond
        return made

    def place(self, node):
        """Where the value of an expression lies."""
        if isinstance(node, c_ast.ID):
            variable = self.find(node.name)
            if variable is None:
                raise Unsupported(f'{node.coord}: {node.name} is not declared')
            if variable.address is not None:
                return Cell(variable.address, variable.kind)
            return Slot(variable, variable.kind)
        if isinstance(node, c_ast.StructRef):
            if node.type == '->':
                pointer = self.eval(node.name)
                outer = Cell(pointer.term, pointer.kind.to)
            else:
                outer = self.place(node.name)
            kind, offset = outer.kind.fields[node.field.name]
            if isinstance(outer, Slot):
                return Slot(outer.variable, kind, outer.offset + offset)
            return Cell(outer.address + offset if offset else outer.address, kind)
        if isinstance(node, c_ast.ArrayRef):
            pointer = self.eval(node.name)
            return Cell(self.plus(pointer, self.eval(node.subscript)).term, pointer.kind.to)
        if isinstance(node, c_ast.UnaryOp) and node.op == '*':
            pointer = self.eval(node.expr)
            return Cell(pointer.term, pointer.kind.to)
        value = self.eval(node)
        return Slot(Variable(value.kind, value.term), value.kind)

    def read(self, place):
        if isinstance(place.kind, Array):
            if isinstance(place, Slot):
                raise Unsupported('an array without an address')
            return Value(self.types.pointer(place.kind.of), place.address)
        if isinstance(place, Slot):
            low = 8 * place.offset
            return Value(place.kind, piece(place.variable.term, low + 8 * self.types.size(place.kind) - 1, low))
        return self.load(place.address, place.kind)

    def write(self, place, value):
        value = self.convert(value, place.kind)
        if isinstance(place, Slot):
            variable, low = place.variable, 8 * place.offset
            high = low + value.term.size() - 1
            if variable.born is not self.cond:
                old = piece(variable.term, high, low)
                value = Value(value.kind, choose(self.cond, value.term, old))
            variable.term = inserted(variable.term, value.term, low)
        else:
            self.store(place.address, value)
        return value
