# SPDX-License-Identifier: BSD-3-Clause
"""A naive model of the classic profile (CLASSIC), independent of the C code: what the reference programs must print.

`Classic` is the rules, over a plain list of blocks and a log of the system calls that they cost. `derive` reads a
reference program's C source, makes the calls it finds there on the model, and gives the lines and system calls that a
run must show:

    os_malloc(1000) = heap+0x20, size 1000, ALLOC
        brk(0) = heap+0x0
        brk(heap+0x20000) = heap+0x20000

The source is read line by line into Python. Only the forms in FORMS are known, and anything else is an error.
"""
import re
from dataclasses import dataclass
from pathlib import Path

HEADER = 32
PAGE = 4096
MMAP_THRESHOLD = 128 * 1024
PREALLOC = 128 * 1024
SPLIT_MIN = HEADER + 1          # a header and at least one byte of payload; sizes are multiples of 8, so 40 bytes
SIZE_MAX = 2 ** 64 - 1
SYSTEM_MAX = 2 ** 47            # what a process can ever map
FREE, ALLOC, MAPPED = 'FREE', 'ALLOC', 'MAPPED'


def rounded(n):
    return (n + 7) // 8 * 8


@dataclass(eq=False)
class Block:
    size: int               # payload
    status: str
    space: str = 'heap'     # or map#1, map#2, ... in order of appearance
    offset: int = 0         # of the header in its space

    def end(self):
        return self.offset + HEADER + self.size


@dataclass(frozen=True)
class Pointer:
    space: str
    offset: int = 0

    def __str__(self):
        return f'{self.space}+{self.offset:#x}' if self.space != 'foreign' else 'foreign'


class Classic:
    """The four calls. A payload is a Pointer, NULL is None; `log` is the system calls since it was last emptied."""

    def __init__(self):
        self.heap = []          # every block of the heap in address order
        self.maps = []
        self.maps_so_far = 0
        self.no_memory = False  # did the last call set errno to ENOMEM?
        self.log = []

    # ---- the system ----
    def brk_by(self, n):
        end = self.heap[-1].end() if self.heap else 0
        if not self.heap:
            self.log.append('brk(0) = heap+0x0')
        self.log.append(f'brk(heap+{end + n:#x}) = heap+{end + n:#x}')
        return end

    def mmap(self, n):
        self.log.append(f'mmap(NULL, {n}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ')
        if n > SYSTEM_MAX:
            self.log[-1] += 'ENOMEM'
            return None
        self.maps_so_far += 1
        self.log[-1] += f'map#{self.maps_so_far}'
        return f'map#{self.maps_so_far}'

    # ---- blocks ----
    def find(self, p):
        """The block whose payload begins at p; its status may be FREE."""
        for block in self.heap + self.maps:
            if p == Pointer(block.space, block.offset + HEADER):
                return block
        return None

    def split(self, block, size):
        """Cut a block down to `size`, if what is left can be a block."""
        left = block.size - size
        if left < SPLIT_MIN:
            return
        block.size = size
        rest = Block(left - HEADER, FREE, offset=block.end())
        self.heap.insert(self.heap.index(block) + 1, rest)
        self.merge(rest)

    def absorb_next(self, block):
        after = self.heap.pop(self.heap.index(block) + 1)
        block.size += HEADER + after.size

    def next_is_free(self, block):
        i = self.heap.index(block) + 1
        return i < len(self.heap) and self.heap[i].status == FREE

    def merge(self, block):
        if self.next_is_free(block):
            self.absorb_next(block)
        i = self.heap.index(block)
        if i > 0 and self.heap[i - 1].status == FREE:
            self.absorb_next(self.heap[i - 1])

    def place(self, size):
        """A block of `size` on the heap."""
        if not self.heap:
            self.brk_by(PREALLOC)
            self.heap.append(Block(PREALLOC - HEADER, FREE))
        fits = [block for block in self.heap if block.status == FREE and block.size >= size]
        if fits:
            block = min(fits, key=lambda fit: (fit.size, fit.offset))
        elif self.heap[-1].status == FREE:
            block = self.heap[-1]
            self.brk_by(size - block.size)
            block.size = size
        else:
            block = Block(size, FREE, offset=self.brk_by(HEADER + size))
            self.heap.append(block)
        block.status = ALLOC
        self.split(block, size)
        return block

    def allocate(self, n, threshold):
        if n == 0:
            return None
        size = rounded(n)
        block = None
        if HEADER + size < threshold:
            block = self.place(size)
        elif HEADER + size <= SIZE_MAX:
            space = self.mmap(HEADER + size)
            if space:
                block = Block(size, MAPPED, space)
                self.maps.append(block)
        self.no_memory = block is None
        return block and Pointer(block.space, block.offset + HEADER)

    def release(self, block):
        if block.status == MAPPED:
            self.log.append(f'munmap({block.space}, {HEADER + block.size}) = 0')
            self.maps.remove(block)
        else:
            block.status = FREE
            self.merge(block)

    # ---- the four calls ----
    def malloc(self, n):
        return self.allocate(n, MMAP_THRESHOLD)

    def calloc(self, count, n):
        if count * n > SIZE_MAX:
            self.no_memory = True
            return None
        return self.allocate(count * n, PAGE)

    def free(self, p):
        block = self.find(p)
        assert p is None or block and block.status != FREE, f'free of {p}'
        if block:
            self.release(block)

    def realloc(self, p, n):
        if p is None:
            return self.malloc(n)
        block = self.find(p)
        if n == 0:
            self.free(p)
            return None
        if block is None or block.status == FREE:
            return None
        size = rounded(n)
        assert block.status != ALLOC or not MMAP_THRESHOLD - HEADER <= size <= block.size, \
            'CLASSIC does not say whether a block that is large enough as it lies moves to a mapping'
        if block.status == ALLOC and HEADER + size < MMAP_THRESHOLD and self.resize(block, size):
            return p
        q = self.malloc(n)
        if q:
            self.release(block)
        return q

    def resize(self, block, size):
        """Resize a heap block where it lies, or at least absorb what can be absorbed."""
        was_last = block is self.heap[-1]
        while block.size < size and self.next_is_free(block):
            self.absorb_next(block)
        if block.size < size and was_last:
            self.brk_by(size - block.size)
            block.size = size
        if block.size < size:
            return False
        self.split(block, size)
        return True


class Script:
    """What a program calls: each function of classic.h that prints, printing on the model."""

    def __init__(self):
        self.classic = Classic()
        self.lines = []

    def line(self, text):
        self.lines.append(text)
        self.lines += ['    ' + call for call in self.classic.log]
        self.classic.log = []

    def result(self, call, p):
        text = 'NULL'
        if p:
            block = self.classic.find(p)
            text = f'{p}, size {block.size}, {block.status}'
        elif self.classic.no_memory:
            text = 'NULL, ENOMEM'
        self.line(f'{call} = {text}')
        self.classic.no_memory = False
        return p

    def begin(self, title):
        self.line(title)

    def malloc(self, n):
        return self.result(f'os_malloc({n})', self.classic.malloc(n))

    def calloc(self, count, n):
        return self.result(f'os_calloc({count}, {n})', self.classic.calloc(count, n))

    def realloc(self, p, n):
        return self.result(f'os_realloc({p or "NULL"}, {n})', self.classic.realloc(p, n))

    def free(self, p):
        self.classic.free(p)
        self.line(f'os_free({p or "NULL"})')

    def show_heap(self):
        self.line('heap:' + ''.join(f' {block.status[0]}{block.size}' for block in self.classic.heap))

    def end(self):
        held = [block for block in self.classic.heap + self.classic.maps if block.status != FREE]
        assert not held, f'still held: {held}'

    def names(self):
        return {'begin': self.begin, 'checked_malloc': self.malloc, 'checked_calloc': self.calloc,
                'checked_realloc': self.realloc, 'checked_free': self.free, 'show_heap': self.show_heap,
                'end': self.end, 'COUNT': len, 'INSIDE': lambda p: Pointer(p.space, p.offset + 64),
                'NULL': None, 'FOREIGN': Pointer('foreign'), 'HEADER': HEADER, 'PAGE': PAGE,
                'MMAP_THRESHOLD': MMAP_THRESHOLD, 'PREALLOC': PREALLOC, 'WHOLE_HEAP': PREALLOC - HEADER - 8,
                'TOO_MUCH': 2 ** 62, 'SIZE_MAX': SIZE_MAX, 'range': range, '__builtins__': {}}


# What a line of a program may be, and what it is in Python. Indentation is kept, so blocks need no more than a colon.
EXPRESSION = r'[\w\s+\-*/%(),\[\]]+'
FORMS = [(re.compile(form), python) for form, python in [
    (r'static const size_t (\w+)\[\] = \{([\w\s,*+\-]+)\};', r'\1 = [\2]'),
    (r'void (\*\w+(?:, \*\w+)*);', ''),
    (r'void \*(\w+)\[(COUNT\(\w+\))\];', r'\1 = [None for _ in range(\2)]'),
    (r'size_t i;', ''),
    (r'for \(i = (\w+); i < ([\w()]+); i(?:\+\+| \+= (\d+))\)(?: \{)?',
     lambda m: f'for i in range({m[1]}, {m[2]}, {m[3] or 1}):'),
    (r'begin\(("[^"\\]*")\);', r'begin(\1)'),
    (r'((?:\w+(?:\[[\w\s+\-*/%]+\])? = )?checked_(?:m|c|re)alloc\(' + EXPRESSION + r'\));', r'\1'),
    (r'(checked_free\(' + EXPRESSION + r'\)|show_heap\(\));', r'\1'),
    (r'return (end\(\));', r'\1'),
    (r'#include "classic.h"|int main\(void\)|[{}]|', ''),
]]


def to_python(source, name):
    """A reference program as Python, line for line."""
    source = re.sub(r'/\*.*?\*/', lambda comment: '\n' * comment[0].count('\n'), source, flags=re.S)
    source = re.sub(r'\{[^{};]*\};', lambda table: ' '.join(table[0].split()) + '\n' * table[0].count('\n'), source)
    script = []
    in_main = False
    for number, line in enumerate(source.splitlines(), 1):
        in_main = in_main or line == '{'
        depth = len(line) - len(line.lstrip('\t'))
        for form, python in FORMS:
            match = form.fullmatch(line.strip())
            if match:
                text = python(match) if callable(python) else match.expand(python)
                if not text.startswith('begin'):
                    text = text.replace('/', '//')
                script.append('\t' * (depth - in_main) + text if text else '')
                break
        else:
            raise SyntaxError(f'{name}:{number}: the model does not know this form: {line.strip()}')
    return '\n'.join(script) + '\n'


def derive(path):
    """The expected lines of the program whose C source this is."""
    path = Path(path)
    script = Script()
    exec(compile(to_python(path.read_text(), path.name), str(path), 'exec'), script.names())
    return '\n'.join(script.lines) + '\n'
