# SPDX-License-Identifier: BSD-3-Clause
"""A source of C as the compiler's preprocessor leaves it: its functions, variables and types."""
import re
import subprocess
from pathlib import Path

from pycparser import c_ast, c_parser

from c_types import Types

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# What pycparser cannot read and what says nothing about values.
STRIPPED = ['-D__attribute__(x)=', '-D__extension__=', '-D__inline=inline', '-D__builtin_offsetof=offsetof',
            '-D__restrict=', '-D__float128=double', '-Doffsetof=offsetof']

# No other thread is in a proof, and pycparser reads _Alignas behind a type only.
ATOMIC = re.compile(r'\b_Atomic(?:\(([^()]*)\)|\s)')
ALIGNAS = re.compile(r'(_Alignas\((?:[^()]|\([^()]*\))*\))\s+((?:struct\s+)?\w+)')


class Source:
    """What a file says, with macros as given, on a machine of so many bits."""

    def __init__(self, path, word, macros):
        self.path, self.word = path, word
        vectors = [] if 'VECTORS=1' in macros else ['-U__SSE2__']
        sizes = ['-U__SIZE_TYPE__', '-D__SIZE_TYPE__=unsigned long long'] if 'LONG=32' in macros else []
        self.flags = [f'-m{word}', *vectors, *sizes, '-std=c11', '-ffreestanding', *(f'-D{macro}' for macro in macros)]
        text = ATOMIC.sub(lambda found: found[1] or ' ', self.compiler('-E', *STRIPPED).stdout)
        text = ALIGNAS.sub(r'\2 \1', text)
        tree = c_parser.CParser().parse(text, str(path))
        self.functions = {node.decl.name: node for node in tree.ext if isinstance(node, c_ast.FuncDef)}
        self.declared = {}  # variables
        self.types = Types(word, self.constant, 32 if 'LONG=32' in macros else word)
        for node in tree.ext:
            if isinstance(node, c_ast.Typedef):
                self.types.typedefs[node.name] = self.types.of(node)
            elif isinstance(node, c_ast.Decl) and node.name and not isinstance(node.type, c_ast.FuncDecl):
                self.declared[node.name] = node
            elif isinstance(node, c_ast.Decl) and not isinstance(node.type, c_ast.FuncDecl):
                self.types.of(node)

    def compiler(self, *more, text=None):
        command = ['gcc', *self.flags, '-isystem', HERE / 'include', '-I', HERE, '-I', ROOT, '-I', ROOT / 'framework/include',
                   '-include', self.path, *more, '-x', 'c', '-']
        return subprocess.run(command, input=text or '', stdout=subprocess.PIPE, text=True, check=True)

    def constant(self, node):
        """The value of an expression that needs no run."""
        from machine import Machine  # executes expressions by the types that are read here
        return Machine(self).number(node)

    def check_layouts(self):
        """Hold every size and every offset that proofs rely on against the compiler's."""
        lines = []
        for struct in self.types.structs.values():
            if struct.size and not struct.tag.startswith('at '):
                name = f'struct {struct.tag}'
                lines.append(f'_Static_assert(sizeof({name}) == {struct.size}, "{name}");')
                lines += [f'_Static_assert(__builtin_offsetof({name}, {field}) == {offset}, "{name}.{field}");'
                          for field, (kind, offset) in struct.fields.items() if field]
        self.compiler('-fsyntax-only', text='\n'.join(lines) + '\n')
        return len(lines)
