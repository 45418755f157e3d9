# SPDX-License-Identifier: BSD-3-Clause
"""Functions with one fault each: an operator that became its neighbour, a number that became the next."""
from pycparser import c_ast, c_generator

NEIGHBOURS = {'<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '+': '-', '-': '+', '*': '+', '/': '*',
              '%': '/', '&': '|', '|': '&', '^': '|', '<<': '>>', '>>': '<<', '&&': '||', '||': '&&', '=': None}


def places(node):
    """(node, attribute, value instead) for each fault that can be seeded below a node."""
    found, lesser = [], []

    class Visitor(c_ast.NodeVisitor):
        def visit_BinaryOp(self, node):
            if node not in lesser:
                found.append((node, 'op', NEIGHBOURS[node.op]))
            self.generic_visit(node)

        def visit_Assignment(self, node):
            if node.op != '=':
                found.append((node, 'op', NEIGHBOURS[node.op[:-1]] + '='))
            self.generic_visit(node)

        def visit_UnaryOp(self, node):
            if node.op in ('++', '--', 'p++', 'p--'):
                found.append((node, 'op', node.op.replace('+', 'x').replace('-', '+').replace('x', '-')))
            elif node.op in ('~', '!', '-'):
                found.append((node, 'op', '+' if node.op != '!' else '!!'))
            if node.op != 'sizeof':
                self.generic_visit(node)

        def visit_TernaryOp(self, node):
            found.append((node, 'swapped', None))
            # Of a < b ? a : b it does not matter which one is taken when they are the same.
            if isinstance(node.cond, c_ast.BinaryOp) and node.cond.op in ('<', '>', '<=', '>=') and \
               sorted(map(written, (node.cond.left, node.cond.right))) == sorted(map(written, (node.iftrue, node.iffalse))):
                lesser.append(node.cond)
            self.generic_visit(node)

        def visit_Constant(self, node):
            digits = node.value.rstrip('uUlL')
            if node.type not in ('string', 'char'):
                found.append((node, 'value', f'{int(digits, 0) + 1}{node.value[len(digits):]}'))
    Visitor().visit(node)
    return found


def written(node):
    return ' '.join(c_generator.CGenerator().visit(node).split())


def mutants(function):
    """Seeds each fault in turn and yields what it is; the function is as it was when the next is asked for."""
    seen = {}
    for node, attribute, value in places(function.body):
        before = written(node)
        if attribute == 'swapped':
            node.iftrue, node.iffalse = node.iffalse, node.iftrue
            name = f'{before} -> {written(node)}'
        else:
            kept = getattr(node, attribute)
            setattr(node, attribute, value)
            name = f'{before} -> {written(node).replace("!!", "")}'
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f'{name} (number {seen[name]})'
        if attribute == 'swapped':
            node.iftrue, node.iffalse = node.iffalse, node.iftrue
        else:
            setattr(node, attribute, kept)
