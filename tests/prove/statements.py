# SPDX-License-Identifier: BSD-3-Clause
"""What functions, declarations and statements do: a part of the machine."""
import z3
from pycparser import c_ast

from c_types import VOID, Array, Struct, Unsupported, Value, Variable
from formulas import FALSE, both, choose, either, inserted, negated

BOUND = 70


class Frame:
    """A function that runs."""

    def __init__(self, node, kind):
        self.kind, self.result, self.scopes = kind, None, [{}]
        self.in_memory, self.objects, self.leaves = addressed(node), [], []
        self.jumps = []  # for each loop around the statement: the conditions of break and of continue


def addressed(node):
    """The names in a function whose address is taken, or that of a part."""
    names = set()

    class Visitor(c_ast.NodeVisitor):
        def visit_UnaryOp(self, node):
            at = node.expr
            while node.op == '&' and isinstance(at, (c_ast.StructRef, c_ast.ArrayRef)) and getattr(at, 'type', '.') == '.':
                at = at.name
            if node.op == '&' and isinstance(at, c_ast.ID):
                names.add(at.name)
            self.generic_visit(node)
    Visitor().visit(node)
    return names


class Statements:
    def call(self, name, values):
        node = self.source.functions[name]
        if len(self.frames) > 24:
            raise Unsupported(f'{node.coord}: recursion')
        before, left, jumped = self.cond, self.left, self.jumped
        frame = Frame(node.body, self.types.of(node.decl.type.type))
        self.frames.append(frame)
        parameters = node.decl.type.args.params if node.decl.type.args else []
        for parameter, value in zip(parameters, values):
            self.declare(parameter, value)
        returns = self.left
        self.exec(node.body)
        narrowed = self.left - returns - len(frame.leaves)
        self.cond = either(self.cond, *frame.leaves) if narrowed else before
        self.left, self.jumped = left + narrowed, jumped
        self.frames.pop()
        self.memory.objects = [one for one in self.memory.objects if not any(one.base is base for base in frame.objects)]
        if frame.result is None and frame.kind != VOID:
            return Value(frame.kind, z3.BitVecVal(0, 8 * self.types.size(frame.kind)))  # on no path
        return None if frame.result is None else Value(frame.kind, frame.result)

    def run(self, name):
        """A proof: all parameters have any value."""
        node = self.source.functions[name]
        parameters = node.decl.type.args.params if node.decl.type.args else []
        self.frames.append(Frame(node.body, VOID))
        for parameter in parameters:
            if parameter.name:
                self.declare(parameter)
        self.exec(node.body)

    def declare(self, decl, value=None):
        frame, kind = self.frames[-1], self.types.of(decl)
        if isinstance(kind, Array) and (value or isinstance(decl, c_ast.Decl) and value is None and kind.count == 0):
            kind = self.types.pointer(kind.of)
        self.at = decl.coord
        if isinstance(kind, Struct) and any(isinstance(one, Array) for one, _ in kind.fields.values()):
            is_in_memory = True
        else:
            is_in_memory = isinstance(kind, Array) or decl.name in frame.in_memory
        if value is None and getattr(decl, 'init', None) is not None:
            value = self.initial(decl.init, kind)
        variable = Variable(kind, born=self.cond)
        if is_in_memory:
            variable.address = self.allocate(kind, *(self.number(one.alignment) for one in decl.align or ()))
            frame.objects.append(variable.address)
            if value is not None:
                self.memory.store(variable.address, self.convert(value, kind).term)
        else:
            variable.term = self.convert(value, kind).term if value is not None else self.any(decl.name, kind)
        frame.scopes[-1][decl.name] = variable

    def initial(self, node, kind):
        """The value of an initialiser; what it leaves out is 0."""
        if not isinstance(node, c_ast.InitList):
            return self.convert(self.eval(node), kind)
        if not isinstance(kind, (Struct, Array)):
            return self.convert(self.eval(node.exprs[0]), kind)
        bits = z3.BitVecVal(0, 8 * self.types.size(kind))
        names = list(kind.fields) if isinstance(kind, Struct) else None
        for i, item in enumerate(node.exprs):
            if isinstance(item, c_ast.NamedInitializer):
                i, item = (names.index(item.name[0].name) if names else self.number(item.name[0])), item.expr
            part, offset = kind.fields[names[i]] if names else (kind.of, i * self.types.size(kind.of))
            bits = inserted(bits, self.initial(item, part).term, 8 * offset)
        return Value(kind, bits)

    # ---- Statements

    def exec(self, node):
        self.at = node.coord or self.at
        method = getattr(self, 'exec_' + type(node).__name__, None)
        if method:
            method(node)
        elif not isinstance(node, (c_ast.Pragma, c_ast.EmptyStatement, c_ast.StaticAssert)):
            self.eval(node)

    def exec_Compound(self, node):
        self.frames[-1].scopes.append({})
        for item in node.block_items or ():
            if z3.is_false(self.cond):
                break
            self.exec(item)
        self.frames[-1].scopes.pop()

    def exec_Decl(self, node):
        self.declare(node)

    def exec_DeclList(self, node):
        for decl in node.decls:
            self.declare(decl)

    def exec_If(self, node):
        cond, before, left, jumped = self.truth(node.cond), self.cond, self.left, self.jumped
        self.cond = both(before, cond)
        if not z3.is_false(self.cond):
            self.exec(node.iftrue)
        after, self.cond = self.cond, both(before, negated(cond))
        if node.iffalse and not z3.is_false(self.cond):
            self.exec(node.iffalse)
        same = (left, jumped) == (self.left, self.jumped)
        self.cond = before if same else either(after, self.cond)

    def exec_Return(self, node):
        frame = self.frames[-1]
        if node.expr:
            value = self.convert(self.eval(node.expr), frame.kind)
            if value is not None and frame.kind != VOID:
                frame.result = value.term if frame.result is None else choose(self.cond, value.term, frame.result)
        frame.leaves.append(self.cond)
        self.left += 1
        self.cond = FALSE

    def jump(self, which):
        self.frames[-1].jumps[-1][which].append(self.cond)
        self.jumped += 1
        self.cond = FALSE

    def exec_Break(self, node):
        self.jump(0)

    def exec_Continue(self, node):
        self.jump(1)

    def exec_For(self, node):
        self.frames[-1].scopes.append({})
        if node.init:
            self.exec(node.init)
        self.loop(node)
        self.frames[-1].scopes.pop()

    def exec_While(self, node):
        self.loop(node)

    def exec_DoWhile(self, node):
        self.loop(node)

    def loop(self, node):
        before, left, jumped, exits = self.cond, self.left, self.jumped, []
        possible = before
        for times in range(BOUND + 1):
            if node.cond and not (times == 0 and isinstance(node, c_ast.DoWhile)):
                cond = self.truth(node.cond)
                exits.append(both(self.cond, negated(cond)))
                self.cond = both(self.cond, cond)
            if self.cond is not possible and not self.is_possible():
                break
            possible = self.cond
            if times == BOUND:
                self.must(FALSE, f'a loop that is not known to end after {BOUND} rounds')
                break
            self.frames[-1].jumps.append(([], []))
            self.exec(node.stmt)
            breaks, continues = self.frames[-1].jumps.pop()
            exits += breaks
            self.cond = either(self.cond, *continues)
            if getattr(node, 'next', None) and not z3.is_false(self.cond):
                self.eval(node.next)
        self.cond = before if left == self.left else either(*exits)
        self.jumped = jumped
