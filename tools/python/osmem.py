# SPDX-License-Identifier: BSD-3-Clause
"""Heaps of osmem in Python, to look at: for notebooks and lectures. Needs nothing but libosmem.so.

    >>> import osmem
    >>> heap = osmem.Heap('first-fit', 'tag', memory=4096)
    >>> a, b, c = heap.alloc(100), heap.alloc(50), heap.alloc(200)
    >>> heap.free(b)
    >>> heap.text()
    'A108 F60 A204'
    >>> print(heap.draw(40))
    |###########+......+#####################|
    # live   . free   + both
    >>> heap.free(b)
    Traceback (most recent call last):
    osmem.Misuse: osm_heap_free: double free at 128: the block is free already

A heap lies in an arena of its own, on the mock backend: it cannot harm the process, it can be told when to refuse memory
(Plan), and it knows what was asked of it (Heap.log). Pointers are plain numbers; Heap.at() is the place in the arena.
In a notebook a heap shows itself as a picture.

The library is the one that OSMEM_LIBRARY names, else libosmem.so.1 where the system looks for libraries, else
build/lib/libosmem.so of the project that this file is in.
"""
import ctypes
import os
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_bool, c_char_p, c_int, c_size_t, c_ubyte, c_uint, c_void_p
from pathlib import Path
from typing import NamedTuple

MAJOR = 1  # of the library's version: structures below are those of its headers
NONE = c_size_t(-1).value


class Misuse(Exception):
    """A call was given what it must not have: a pointer that is no live block, a heap that was written over."""


class Config(Structure):
    """struct osm_config: how a heap behaves; 0 everywhere is a good heap."""
    _fields_ = [('granule', c_size_t), ('preallocate', c_size_t), ('map_threshold', c_size_t),
                ('calloc_threshold', c_size_t), ('growth', c_int), ('realloc', c_int), ('trim_threshold', c_size_t),
                ('purge_threshold', c_size_t)]


class Stats(Structure):
    """struct osm_stats: what a heap holds, in bytes."""
    _fields_ = [(name, c_size_t) for name in (
        'live_blocks', 'live_bytes', 'peak_live_bytes', 'free_blocks', 'free_bytes', 'largest_free', 'heap_bytes',
        'mapped_blocks', 'mapped_bytes', 'metadata_bytes', 'peak_bytes', 'regions', 'grow_calls', 'trim_calls',
        'trimmed_bytes', 'purge_calls', 'purged_bytes', 'search_steps')]

    def __repr__(self):
        return 'Stats(' + ', '.join(f'{name}={getattr(self, name)}' for name, _ in self._fields_) + ')'


class Plan(Structure):
    """struct osm_mock_plan: which calls of the backend fail, counted from 1, and how it behaves: Plan(fail_nth=2)."""
    _fields_ = [('fail_nth', c_uint), ('fail_from', c_uint), ('fail_every', c_uint), ('fail_over', c_size_t),
                ('fixed_end', c_bool), ('gap', c_size_t), ('page_size', c_size_t), ('dirt', c_ubyte), ('no_remap', c_bool)]


class _Entry(Structure):
    """struct osm_mock_entry."""
    _fields_ = [('call', c_int), ('at', c_size_t), ('n', c_size_t), ('result', c_size_t)]


class _Backend(Structure):
    """struct osm_backend."""
    _fields_ = [('name', c_char_p), ('summary', c_char_p), ('page_size', c_size_t), ('promises', c_uint)] + \
        [(slot, c_void_p) for slot in ('grow', 'map', 'unmap', 'remap', 'release', 'trim', 'purge')]


class _Arena(Structure):
    """struct osm_arena."""
    _fields_ = [('backend', _Backend), ('start', c_void_p), ('end', c_void_p), ('brk', c_void_p), ('holes', c_void_p),
                ('maps', c_void_p)]


class _Mock(Structure):
    """struct osm_mock."""
    _fields_ = [('backend', _Backend), ('arena', _Arena), ('plan', Plan), ('log', POINTER(_Entry)),
                ('log_room', c_size_t), ('calls', c_size_t), ('fallible', c_uint), ('failures', c_uint),
                ('mapped_bytes', c_size_t)]


class _Policy(Structure):
    """The beginning of struct osm_policy."""
    _fields_ = [('name', c_char_p), ('layout', c_char_p), ('summary', c_char_p), ('state_size', c_size_t),
                ('granule_min', c_size_t), ('granule_max', c_size_t)]


class _Block(Structure):
    """struct osm_block."""
    _fields_ = [('payload', c_void_p), ('size', c_size_t), ('header_bytes', c_size_t), ('free', c_bool), ('mapped', c_bool)]


class _Fault(Structure):
    """struct osm_fault."""
    _fields_ = [('kind', c_int), ('where', c_void_p), ('detail', c_char_p)]


_VISIT = CFUNCTYPE(c_bool, POINTER(_Block), c_void_p)
_HANDLER = CFUNCTYPE(None, c_void_p, c_char_p, POINTER(_Fault))

# Result and arguments of each call.
_CALLS = {
    'osm_fault_name': (c_char_p, c_int),
    'osm_heap_alloc': (c_void_p, c_void_p, c_size_t),
    'osm_heap_alloc_aligned': (c_void_p, c_void_p, c_size_t, c_size_t),
    'osm_heap_calloc': (c_void_p, c_void_p, c_size_t, c_size_t),
    'osm_heap_check': (c_bool, c_void_p, POINTER(_Fault)),
    'osm_heap_create': (c_void_p, c_void_p, c_void_p, POINTER(Config)),
    'osm_heap_destroy': (None, c_void_p),
    'osm_heap_free': (None, c_void_p, c_void_p),
    'osm_heap_owns': (c_bool, c_void_p, c_void_p),
    'osm_heap_realloc': (c_void_p, c_void_p, c_void_p, c_size_t),
    'osm_heap_stats': (None, c_void_p, POINTER(Stats)),
    'osm_heap_trim': (c_size_t, c_void_p, c_size_t),
    'osm_heap_usable_size': (c_size_t, c_void_p, c_void_p),
    'osm_heap_walk': (c_bool, c_void_p, _VISIT, c_void_p),
    'osm_mock_init': (None, POINTER(_Mock), c_void_p, c_size_t),
    'osm_mock_log': (None, POINTER(_Mock), POINTER(_Entry), c_size_t),
    'osm_mock_plan': (None, POINTER(_Mock), POINTER(Plan)),
    'osm_policies': (POINTER(POINTER(_Policy)),),
    'osm_policy_find': (c_void_p, c_char_p, c_char_p),
    'osm_set_error_handler': (c_void_p, _HANDLER),
}


def _load():
    """The library, with the types of its calls."""
    places = [os.environ.get('OSMEM_LIBRARY'), f'libosmem.so.{MAJOR}',
              Path(__file__).resolve().parent.parent.parent / 'build/lib/libosmem.so']
    said = []
    for place in places:
        if not place:
            continue
        try:
            library = ctypes.CDLL(str(place), use_errno=True)
        except OSError as error:
            said.append(str(error))
            continue
        for name, (result, *arguments) in _CALLS.items():
            call = getattr(library, name)
            call.restype, call.argtypes = result, arguments
        return library
    raise ImportError('libosmem.so is not to be found; OSMEM_LIBRARY may name it: ' + '; '.join(said))


_lib = _load()
_reported = []  # what the error handler was told in the call that runs


@_HANDLER
def _note(_, call, fault):
    """The error handler: an exception cannot cross the library, so it waits until the call is over."""
    found = fault.contents
    _reported.append((call.decode(), _lib.osm_fault_name(found.kind).decode(), found.where, (found.detail or b'').decode()))


_lib.osm_set_error_handler(_note)


class Block(NamedTuple):
    """A block of a walk; `at` is where its payload begins in the arena."""
    address: int
    at: int
    size: int
    header: int
    free: bool
    mapped: bool


class Call(NamedTuple):
    """A call of the backend; places in the arena, None for none."""
    name: str
    at: object
    n: int
    result: object


def policies():
    """Every policy: a list of (name, layout, summary)."""
    found, table, i = [], _lib.osm_policies(), 0
    while table[i]:
        policy = table[i].contents
        found.append((policy.name.decode(), policy.layout.decode(), policy.summary.decode()))
        i += 1
    return found


class Heap:
    """A heap in an arena of `memory` bytes. Other names are those of struct osm_config: Heap('buddy', granule=32)."""

    COLOURS = {'live': '#0f766e', 'mapped': '#b45309', 'free': '#e2e8f0', 'header': '#334155'}
    LOG_ROOM = 1024

    def __init__(self, policy='first-fit', layout=None, memory=65536, plan=None, **config):
        found = _lib.osm_policy_find(policy.encode(), layout.encode() if layout else None)
        if not found:
            raise ValueError(f'there is no policy {policy} in layout {layout}; osmem.policies() lists all')
        unknown = set(config) - {name for name, _ in Config._fields_}
        if unknown:
            raise TypeError(f'a heap has no {", ".join(sorted(unknown))}; it has {", ".join(n for n, _ in Config._fields_)}')
        self.policy, self.layout = policy, layout
        self._memory = ctypes.create_string_buffer(memory)
        self._mock = _Mock()
        self._entries = (_Entry * self.LOG_ROOM)()
        self._start = ctypes.addressof(self._memory)
        _lib.osm_mock_init(byref(self._mock), self._start, memory)
        _lib.osm_mock_log(byref(self._mock), self._entries, self.LOG_ROOM)
        self._heap = None
        self._heap = _lib.osm_heap_create(found, ctypes.addressof(self._mock), byref(Config(**config)))
        if not self._heap:
            if ctypes.get_errno() == 22:
                raise ValueError(f'{policy} has no granule of {config.get("granule")}')
            raise MemoryError(f'{memory} bytes hold no heap')
        if plan:
            self.plan(plan)

    def __del__(self):
        if getattr(self, '_heap', None):
            _lib.osm_heap_destroy(self._heap)

    def _call(self, name, *arguments):
        """A call on this heap; what it reported becomes an exception."""
        _reported.clear()
        result = getattr(_lib, name)(self._heap, *arguments)
        if _reported:
            call, kind, where, detail = _reported[0]
            place = '' if where is None else f' at {self.at(where)}'
            raise Misuse(f'{call}: {kind}{place}' + (f': {detail}' if detail and kind not in detail else ''))
        return result

    def _memory_from(self, name, *arguments):
        """A call that answers with memory."""
        address = self._call(name, *arguments)
        if not address:
            raise MemoryError(f'{name}: the arena has no room, or the plan said so')
        return address

    def alloc(self, n, align=None):
        """n bytes, n not 0, with an alignment if there is one; MemoryError if there is no room."""
        if n == 0:
            return None
        return self._memory_from('osm_heap_alloc_aligned', align, n) if align else self._memory_from('osm_heap_alloc', n)

    def calloc(self, count, n):
        """count * n zero bytes."""
        return self._memory_from('osm_heap_calloc', count, n) if count and n else None

    def realloc(self, address, n):
        """Resize a block; returns where it is now."""
        return self._memory_from('osm_heap_realloc', address, n) if n else self.free(address)

    def free(self, address):
        """Free a block. Misuse if it is no live one."""
        self._call('osm_heap_free', address)

    def usable_size(self, address):
        """What may be used of a block."""
        return self._call('osm_heap_usable_size', address)

    def owns(self, address):
        """Is it a live block of this heap?"""
        return self._call('osm_heap_owns', address)

    def trim(self, keep=0):
        """Give the free end back; returns bytes."""
        return self._call('osm_heap_trim', keep)

    def write(self, address, data):
        """Write bytes into the arena, as a program would; also where it must not, to see what happens."""
        if not self._start <= address <= self._start + len(self._memory) - len(data):
            raise IndexError(f'{address} and {len(data)} bytes are not in the arena')
        ctypes.memmove(address, data, len(data))

    def read(self, address, n):
        """n bytes of the arena."""
        if not self._start <= address <= self._start + len(self._memory) - n:
            raise IndexError(f'{address} and {n} bytes are not in the arena')
        return ctypes.string_at(address, n)

    def at(self, address):
        """Where an address lies in the arena."""
        return address - self._start

    def plan(self, plan=None):
        """When the backend refuses from now on; None: never. Counting starts anew."""
        _lib.osm_mock_plan(byref(self._mock), byref(plan) if plan else None)

    def log(self):
        """The backend's calls so far, the first 1024 of them."""
        names = ('grow', 'map', 'unmap', 'remap', 'release', 'trim', 'purge')
        entries = self._entries[:min(self._mock.calls, self.LOG_ROOM)]
        return [Call(names[e.call], *(None if n == NONE else n for n in (e.at, e.n, e.result))) for e in entries]

    def stats(self):
        """What the heap holds."""
        stats = Stats()
        self._call('osm_heap_stats', byref(stats))
        return stats

    def check(self):
        """Every invariant of the heap; Misuse tells which does not hold."""
        fault = _Fault()
        if not self._call('osm_heap_check', byref(fault)):
            place = '' if fault.where is None else f' at {self.at(fault.where)}'
            raise Misuse(f'osm_heap_check: {_lib.osm_fault_name(fault.kind).decode()}{place}: {fault.detail.decode()}')

    def walk(self):
        """Every block in address order, mapped ones last."""
        found = []

        @_VISIT
        def visit(block, _):
            b = block.contents
            found.append(Block(b.payload, self.at(b.payload), b.size, b.header_bytes, b.free, b.mapped))
            return True

        self._call('osm_heap_walk', visit, None)
        return found

    def text(self):
        """The blocks as the project's tests write them: 'A100 F24 A64'; M for a mapped block."""
        return ' '.join(f'{"F" if b.free else "M" if b.mapped else "A"}{b.size}' for b in self.walk())

    def draw(self, width=64):
        """The blocks that are not mapped, as a line of text; a character for equal shares of the heap."""
        blocks = [block for block in self.walk() if not block.mapped]
        if not blocks:
            return '|' + ' ' * width + '|\n# live   . free   + both'
        start = blocks[0].at - blocks[0].header
        span = blocks[-1].at + blocks[-1].size - start
        shares = [set() for _ in range(width)]
        for block in blocks:
            first, last = block.at - block.header - start, block.at + block.size - 1 - start
            for share in shares[first * width // span:last * width // span + 1]:
                share.add('.' if block.free else '#')
        line = ''.join('+' if len(share) == 2 else share.pop() if share else ' ' for share in shares)
        return f'|{line}|\n# live   . free   + both'

    def svg(self, width=800, height=40):
        """The same as a picture, headers in a colour of their own, each block with its size as a title."""
        blocks = [block for block in self.walk() if not block.mapped]
        start = blocks[0].at - blocks[0].header if blocks else 0
        span = blocks[-1].at + blocks[-1].size - start if blocks else 1
        parts = []
        for block in blocks:
            kind = 'free' if block.free else 'live'
            for name, at, size in (('header', block.at - block.header, block.header), (kind, block.at, block.size)):
                if size:
                    parts.append(f'<rect x="{(at - start) * width / span:.2f}" y="0" width="{size * width / span:.2f}" '
                                 f'height="{height}" fill="{self.COLOURS[name]}" stroke="#ffffff" stroke-width="0.5">'
                                 f'<title>{name}, {size} bytes at {at}</title></rect>')
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                f'viewBox="0 0 {width} {height}" role="img" aria-label="{self.policy}: {self.text()}">{"".join(parts)}</svg>')

    _repr_svg_ = svg

    def __repr__(self):
        stats = self.stats()
        layout = f'/{self.layout}' if self.layout else ''
        return f'<osmem.Heap {self.policy}{layout}: {stats.live_blocks} live blocks, {stats.live_bytes} bytes>'
