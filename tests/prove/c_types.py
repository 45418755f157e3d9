# SPDX-License-Identifier: BSD-3-Clause
"""C's types, as a compiler lays them out where a word has 32 or 64 bits; read from pycparser's trees."""
from dataclasses import dataclass, field

from pycparser import c_ast


@dataclass(frozen=True)
class Int:
    bits: int
    signed: bool
    boolean: bool = False
    void: bool = False


@dataclass(frozen=True)
class Pointer:
    to: object
    bits: int
    signed = False


@dataclass(frozen=True)
class Array:
    of: object
    count: int  # 0: as many as lie there


@dataclass(eq=False)
class Struct:
    tag: str
    fields: dict = field(default_factory=dict)  # name: (type, offset in bytes)
    size: int = 0
    align: int = 1
    where: str = ''


@dataclass(frozen=True)
class Function:
    result: object


@dataclass
class Value:
    kind: object
    term: object


class Unsupported(Exception):
    """C that is not known here."""


@dataclass
class Variable:
    kind: object
    term: object = None
    address: object = None  # in memory
    table: list = None      # the elements of a constant array
    born: object = None     # the condition of its declaration
    value = property(lambda self: Value(self.kind, self.term))


@dataclass
class Slot:
    """A variable that has no address, or a part of it."""
    variable: Variable
    kind: object
    offset: int = 0


@dataclass
class Cell:
    """What lies at an address."""
    address: object
    kind: object


VOID, CHAR, BOOL = Int(8, False, void=True), Int(8, True), Int(8, False, True)
INT, UNSIGNED = Int(32, True), Int(32, False)

# Words that name an integer, sorted: bits and sign; a long has as many bits as a word.
NAMES = {'_Bool': BOOL, 'void': VOID, 'char': CHAR, 'char signed': CHAR, 'char unsigned': Int(8, False),
         'short': Int(16, True), 'int short': Int(16, True), 'short unsigned': Int(16, False),
         'int short unsigned': Int(16, False), 'int': INT, 'signed': INT, 'unsigned': UNSIGNED, 'int unsigned': UNSIGNED,
         'long long': Int(64, True), 'int long long': Int(64, True), 'long long unsigned': Int(64, False),
         'int long long unsigned': Int(64, False), 'int long long signed': Int(64, True), 'double': Int(64, False),
         'double long': Int(64, False), 'float': Int(32, False)}  # of those, only the size is asked for


class Types:
    """The types that a source names. `constant` evaluates an expression that the compiler could."""

    def __init__(self, word, constant, long=None):
        self.word, self.long = word, long or word
        self.constant = constant
        self.typedefs, self.structs, self.enumerators = {'__builtin_va_list': Pointer(VOID, word)}, {}, {}
        self.size_t = Int(word, False)
        self.ptrdiff_t = Int(word, True)

    def pointer(self, to):
        return Pointer(to, self.word)

    def of(self, node):
        """The type of a declarator or a type's name."""
        if isinstance(node, (c_ast.Decl, c_ast.Typedef, c_ast.Typename, c_ast.TypeDecl)):
            return self.of(node.type)
        if isinstance(node, c_ast.PtrDecl):
            return self.pointer(self.of(node.type))
        if isinstance(node, c_ast.ArrayDecl):
            return Array(self.of(node.type), self.constant(node.dim) if node.dim else 0)
        if isinstance(node, c_ast.FuncDecl):
            return Function(self.of(node.type))
        if isinstance(node, c_ast.IdentifierType):
            return self.named(node.names)
        if isinstance(node, c_ast.Enum):
            return self.enum(node)
        if isinstance(node, (c_ast.Struct, c_ast.Union)):
            return self.struct(node)
        raise NotImplementedError(f'{node.coord}: a type that is a {type(node).__name__}')

    def named(self, names):
        if len(names) == 1 and names[0] in self.typedefs:
            return self.typedefs[names[0]]
        words = ' '.join(sorted(names))
        if words in NAMES:
            return NAMES[words]
        if 'long' in names and set(names) <= {'long', 'int', 'unsigned', 'signed'}:
            return Int(self.long, 'unsigned' not in names)
        raise NotImplementedError(f'a type called {words}')

    def enum(self, node):
        """gcc's choice for an enum without negative values."""
        value = -1
        for item in node.values.enumerators if node.values else ():
            value = self.constant(item.value) if item.value else value + 1
            self.enumerators[item.name] = value
        return UNSIGNED

    def struct(self, node):
        key = node.name or f'at {node.coord}'
        struct = self.structs.setdefault(key, Struct(key))
        if not node.decls or struct.size:
            return struct
        offset, struct.where = 0, str(node.coord)
        for decl in node.decls:
            kind = self.of(decl)
            align = max([self.align(kind), *(self.constant(one.alignment) for one in decl.align or ())])
            if isinstance(node, c_ast.Union):
                offset = 0
            offset = -(-offset // align) * align
            struct.fields[decl.name] = (kind, offset)
            struct.align = max(struct.align, align)
            offset += self.size(kind)
            struct.size = max(struct.size, offset)
        struct.size = -(-struct.size // struct.align) * struct.align
        return struct

    def size(self, kind):
        if isinstance(kind, Array):
            return kind.count * self.size(kind.of)
        return kind.size if isinstance(kind, Struct) else 1 if isinstance(kind, Function) else kind.bits // 8

    def align(self, kind):
        if isinstance(kind, Array):
            return self.align(kind.of)
        return kind.align if isinstance(kind, Struct) else min(self.size(kind), self.word // 8)


def promoted(kind):
    return INT if isinstance(kind, Int) and kind.bits < 32 else kind


def common(a, b):
    """The type that an operator brings two integers to."""
    a, b = promoted(a), promoted(b)
    if a.bits != b.bits:
        return a if a.bits > b.bits else b
    return Int(a.bits, a.signed and b.signed)
