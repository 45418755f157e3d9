# SPDX-License-Identifier: BSD-3-Clause
"""What expressions do: a part of the machine."""
import z3
from pycparser import c_ast

import builtins_of_c
from c_types import (CHAR, INT, VOID, Cell, Function, Int, Pointer, Slot, Unsupported, Value, common,
                     promoted)
from formulas import FALSE, both, choose, either, is_number, negated, number_of, of_truth, operated


class Expressions:
    def eval(self, node):
        self.at = node.coord or self.at
        method = getattr(self, 'eval_' + type(node).__name__, None)
        if not method:
            raise Unsupported(f'{node.coord}: {type(node).__name__}')
        return method(node)

    def eval_Constant(self, node):
        if node.type == 'string':
            return Value(self.types.pointer(CHAR), self.fresh('text', self.word))
        if node.type == 'char':
            return self.literal(ord(node.value[1:-1].encode().decode('unicode_escape')), INT)
        digits = node.value.rstrip('uUlL')
        n = int(digits, 8) if digits.startswith('0') and digits.isdigit() else int(digits, 0)
        suffix = node.value[len(digits):].lower()
        size = 64 if 'll' in suffix else self.types.long if 'l' in suffix else 32
        kinds = [Int(bits, signed) for bits in (32, 64) if bits >= size for signed in (True, False)
                 if not (signed and 'u' in suffix) and (signed or 'u' in suffix or not digits.isdigit() or n == 0)]
        fitting = [kind for kind in kinds if n < 1 << (kind.bits - kind.signed)]
        if not fitting:
            raise ValueError(f'{node.coord}: {node.value} is too large')
        return self.literal(n, fitting[0])

    def eval_ID(self, node):
        if node.name in self.types.enumerators and not self.find(node.name):
            return self.literal(self.types.enumerators[node.name], INT)
        if node.name in self.source.functions and not self.find(node.name):
            number = sorted(self.source.functions).index(node.name) + 1
            return Value(self.types.pointer(Function(VOID)), z3.BitVecVal(number, self.word))
        return self.read(self.place(node))

    def eval_StructRef(self, node):
        return self.read(self.place(node))

    def eval_ArrayRef(self, node):
        table = self.find(node.name.name) if isinstance(node.name, c_ast.ID) else None
        if not table or not table.table:
            return self.read(self.place(node))
        index, result = self.eval(node.subscript), table.table[-1].term
        self.must(z3.ULT(index.term, len(table.table)), 'an index outside of its array')
        for i, value in enumerate(table.table[:-1]):
            result = choose(index.term == i, value.term, result)
        return Value(table.kind.of, number_of(result))

    def eval_Cast(self, node):
        value = self.eval(node.expr)
        return self.convert(value, self.types.of(node.to_type))

    def eval_CompoundLiteral(self, node):
        kind = self.types.of(node.type)
        return self.initial(node.init, kind)

    def eval_InitList(self, node):
        return self.eval(node.exprs[0])

    def eval_ExprList(self, node):
        return [self.eval(one) for one in node.exprs][-1]

    def eval_TernaryOp(self, node):
        cond = self.truth(node.cond)
        if z3.is_true(cond) or z3.is_false(cond):
            return self.balanced(self.eval(node.iftrue if z3.is_true(cond) else node.iffalse), node)
        yes = self.under(cond, lambda: self.eval(node.iftrue))
        no = self.under(negated(cond), lambda: self.eval(node.iffalse))
        if yes is None or no is None:
            return yes or no
        kind = self.joint(yes, no)
        return Value(kind, choose(cond, self.convert(yes, kind).term, self.convert(no, kind).term))

    def balanced(self, value, node):
        """The value of one side, in the type that both sides have."""
        other = node.iffalse if z3.is_true(self.truth(node.cond)) else node.iftrue
        cond, self.cond = self.cond, FALSE
        kind = self.joint(value, self.eval(other))
        self.cond = cond
        return self.convert(value, kind)

    def joint(self, a, b):
        if isinstance(a.kind, Pointer) or isinstance(b.kind, Pointer):
            pointers = [one.kind for one in (a, b) if isinstance(one.kind, Pointer)]
            return next((kind for kind in pointers if kind.to != VOID), pointers[0])
        return common(a.kind, b.kind) if isinstance(a.kind, Int) else a.kind

    def eval_UnaryOp(self, node):
        if node.op == 'sizeof':
            kind = self.types.of(node.expr) if isinstance(node.expr, c_ast.Typename) else self.place(node.expr).kind
            return self.literal(self.types.size(kind), self.types.size_t)
        if node.op == '_Alignof':
            return self.literal(self.types.align(self.types.of(node.expr)), self.types.size_t)
        if node.op == '&':
            place = self.place(node.expr)
            if isinstance(place, Slot):
                variable = place.variable
                address = self.allocate(variable.kind)
                self.memory.store(address, variable.term)
                place = Cell(address + place.offset, place.kind)
            return Value(self.types.pointer(place.kind), place.address)
        if node.op == '*':
            return self.read(self.place(node))
        if node.op in ('++', '--', 'p++', 'p--'):
            place = self.place(node.expr)
            old = self.read(place)
            new = self.binary('+' if '+' in node.op else '-', old, self.literal(1, INT))
            written = self.write(place, new)
            return old if node.op.startswith('p') else written
        if node.op == '!':
            return Value(INT, of_truth(negated(self.truth(node.expr)), 32))
        value = self.eval(node.expr)
        value = self.convert(value, promoted(value.kind))
        if node.op == '-':
            if value.kind.signed:
                self.must(value.term != 1 << (value.kind.bits - 1), 'a signed overflow')
            return Value(value.kind, number_of(-value.term))
        return Value(value.kind, number_of(~value.term)) if node.op == '~' else value

    def eval_BinaryOp(self, node):
        if node.op in ('&&', '||'):
            left = self.truth(node.left)
            right = self.under(left if node.op == '&&' else negated(left), lambda: self.truth(node.right))
            if right is None:
                right = FALSE
            return Value(INT, of_truth(both(left, right) if node.op == '&&' else either(left, right), 32))
        return self.binary(node.op, self.eval(node.left), self.eval(node.right))

    def plus(self, pointer, index, sign=1):
        size = max(self.types.size(pointer.kind.to), 1)
        index = self.convert(index, Int(self.word, index.kind.signed)).term
        by = number_of(index * size) if size & (size - 1) else operated('<<', index, z3.BitVecVal(size.bit_length() - 1, self.word))
        return Value(pointer.kind, number_of(pointer.term + by if sign > 0 else pointer.term - by))

    def binary(self, op, a, b):
        if isinstance(a.kind, Pointer) and isinstance(b.kind, Pointer) and op == '-':
            return Value(self.types.ptrdiff_t, number_of((a.term - b.term) / max(self.types.size(a.kind.to), 1)))
        if op in '+-' and isinstance(a.kind, Pointer):
            return self.plus(a, b, 1 if op == '+' else -1)
        if op == '+' and isinstance(b.kind, Pointer):
            return self.plus(b, a)
        if op in ('<<', '>>'):
            return self.shift(op, self.convert(a, promoted(a.kind)), self.convert(b, promoted(b.kind)))
        kind = self.types.size_t if isinstance(a.kind, Pointer) or isinstance(b.kind, Pointer) else common(a.kind, b.kind)
        x, y = self.convert(a, kind).term, self.convert(b, kind).term
        signed = kind.signed
        compared = {'==': lambda: x == y, '!=': lambda: x != y, '<': lambda: x < y if signed else z3.ULT(x, y),
                    '>': lambda: x > y if signed else z3.UGT(x, y), '<=': lambda: x <= y if signed else z3.ULE(x, y),
                    '>=': lambda: x >= y if signed else z3.UGE(x, y)}
        if op in compared:
            return Value(INT, of_truth(number_of(compared[op]()), 32))
        if op in '/%':
            self.must(y != 0, 'a division by 0')
            if signed:
                self.must(z3.Not(z3.And(x == 1 << (kind.bits - 1), y == -1)), 'a signed overflow')
        if op in '+-*' and signed:
            wide = kind.bits if op == '*' else 1
            exact = {'+': lambda p, q: p + q, '-': lambda p, q: p - q, '*': lambda p, q: p * q}[op]
            self.must(exact(z3.SignExt(wide, x), z3.SignExt(wide, y)) == z3.SignExt(wide, exact(x, y)), 'a signed overflow')
        made = {**{one: lambda: operated(op, x, y) for one in '+-&|^'}, '*': lambda: x * y,
                '/': lambda: x / y if signed else z3.UDiv(x, y),
                '%': lambda: z3.SRem(x, y) if signed else z3.URem(x, y)}[op]()
        return Value(kind, number_of(made))

    def shift(self, op, a, b):
        bits = a.kind.bits
        self.must(z3.ULT(b.term, bits), 'a shift by the width or more')
        by = self.convert(Value(Int(b.kind.bits, False), b.term), Int(bits, False)).term
        if op == '<<':
            term = operated('<<', a.term, by)
            if a.kind.signed:
                self.must(z3.And(a.term >= 0, term >= 0, term >> by == a.term), 'a shift beyond a signed number')
        else:
            term = number_of(a.term >> by) if a.kind.signed else operated('>>', a.term, by)
        return Value(a.kind, term)

    def eval_Assignment(self, node):
        if node.op == '=':
            value = self.eval(node.rvalue)
            return self.write(self.place(node.lvalue), value)
        place = self.place(node.lvalue)
        return self.write(place, self.binary(node.op[:-1], self.read(place), self.eval(node.rvalue)))

    def eval_FuncCall(self, node):
        arguments = node.args.exprs if node.args else []
        name = node.name.name if isinstance(node.name, c_ast.ID) else None
        if name in builtins_of_c.CALLS:
            return builtins_of_c.CALLS[name](self, *arguments)
        values = [self.eval(one) for one in arguments]
        if name not in self.source.functions:
            target = z3.simplify(self.eval(node.name).term)
            if not is_number(target) or not 0 < target.as_long() <= len(self.source.functions):
                raise Unsupported(f'{node.coord}: a call of what is not known')
            name = sorted(self.source.functions)[target.as_long() - 1]
        return self.call(name, values)
