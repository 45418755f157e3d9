#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks the shared library of the build under test (OSM_BUILD): what it exports and imports, and its machine code."""
import bisect
import os
import platform
import re
import subprocess
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = {'build': 'build', 'cc': 'gcc', 'coverage': '0', 'profile': 'classic', 'sanitize': 'none'}
BUILT = {key: os.environ.get(f'OSM_{key.upper()}', value) for key, value in DEFAULT.items()}
LIBRARY = ROOT / BUILT['build'] / 'lib' / 'libosmem.so'
INSTRUMENTED = BUILT['sanitize'] != 'none' or BUILT['coverage'] == '1'

CLASSIC_CALLS = {'os_malloc', 'os_calloc', 'os_realloc', 'os_free'}

# What lies beneath the C library's allocator cannot call it, nor stdio, which does.
NEVER_IMPORTED = {'malloc', 'calloc', 'realloc', 'free', 'aligned_alloc', 'memalign', 'posix_memalign', 'reallocarray',
                  'strdup', 'printf', 'fprintf', 'vprintf', 'puts', 'fputs', 'putchar', 'fwrite', 'exit'}

# Functions where the way from os_malloc to the policy ends: beginning a heap, buying memory, giving it back, mappings and
# reports of misuse come once in many calls and go through the backend or the error handler, which are chosen at run time. gcc
# moves what it finds unlikely into functions called NAME.cold.
SLOW = re.compile(r'(osm_heap_begin|osm_heap_buy|osm_giving|osm_map|osm_report)\w*(\..*)?$|.*\.cold')


def output(*command):
    """What a command prints."""
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=True).stdout


# ---- Symbols

TRACE_HEADER = ROOT / 'framework/include/osmem/trace.h'
HEADERS = sorted(set((ROOT / 'framework/include/osmem').glob('*.h')) - {TRACE_HEADER})  # of libosmem itself


def declared(headers):
    """The functions and objects that public headers declare."""
    names = set()
    for header in headers:
        text = re.sub(r'/\*.*?\*/', ' ', header.read_text(encoding='utf-8'), flags=re.DOTALL)
        text = re.sub(r'^typedef.*$', ' ', text, flags=re.MULTILINE)
        names |= set(re.findall(r'\b(osm?_\w+)\s*\(', text))
        names |= set(re.findall(r'^extern [^"]*?(\w+);', text, flags=re.MULTILINE))
    return names


def check_exports(library, headers):
    """What a library exports is what its headers declare. Returns the names."""
    exported = set(re.findall(r'^\w+ \w (\w+)$', output('nm', '-D', '--defined-only', library), flags=re.MULTILINE))
    public = declared(headers)
    case(f'{library.name} exports what its public headers declare, and nothing else', exported == public,
         f'not declared: {sorted(exported - public)}\nnot exported: {sorted(public - exported)}')
    return exported


def check_symbols():
    """Exports are what the headers declare; imports are nothing that allocates."""
    check_exports(LIBRARY.with_name('libosmem-trace.so'), [TRACE_HEADER])
    exported = check_exports(LIBRARY, HEADERS)
    classic = {name for name in exported if name.startswith('os_')}
    case('the only exports that begin with os_ are the four classic calls', classic == CLASSIC_CALLS, sorted(classic))
    title = 'the library imports no allocator and no stdio'
    if INSTRUMENTED:
        skip(title, 'what counts lines or finds errors brings its own')
    else:
        imported = re.findall(r'^ +\w (\w+)', output('nm', '-D', '--undefined-only', LIBRARY), flags=re.MULTILINE)
        found = sorted(NEVER_IMPORTED.intersection(imported))
        case(title, not found, found)
    soname = re.search(r'\(SONAME\).*\[(.*)\]', output('readelf', '-d', LIBRARY))
    case('the soname is libosmem.so.1', bool(soname) and soname.group(1) == 'libosmem.so.1', soname)


# ---- Machine code

class Code:
    """The functions of a library, as objdump shows them. Static ones may share names, so addresses tell them apart."""

    def __init__(self, library):
        self.functions = {}   # address -> (name, instructions)
        for line in output('objdump', '-d', '--no-show-raw-insn', library).splitlines():
            if begin := re.match(r'([0-9a-f]+) <(.+)>:$', line):
                name, instructions = begin.group(2), []
                self.functions[int(begin.group(1), 16)] = (name, instructions)
            elif instruction := re.match(r'\s+[0-9a-f]+:\t(.*)', line):
                instructions.append(instruction.group(1).strip())
        self.starts = sorted(self.functions)

    def around(self, address):
        """Where the function begins that holds an address."""
        return self.starts[bisect.bisect_right(self.starts, address) - 1]

    def named(self, name):
        """Where a function begins."""
        return next(start for start, (known, _) in self.functions.items() if known == name)

    def targets(self, start):
        """The other functions of the library that one calls or jumps to directly; not those of other libraries."""
        for instruction in self.functions[start][1]:
            jump = re.match(r'(?:bnd |notrack )?(?:call|j\w+)\s+([0-9a-f]+) <(.+)>', instruction)
            if jump and '@plt' not in jump.group(2):
                yield self.around(int(jump.group(1), 16))

    def indirect(self, start):
        """A function's calls and jumps through a pointer; the jump of a switch through its table is none of them."""
        name, instructions = self.functions[start]
        for i, instruction in enumerate(instructions):
            before = instructions[max(i - 4, 0):i]
            is_table = instruction.startswith('notrack') or any('movslq' in line for line in before)
            if re.match(r'(?:bnd )?(?:call|jmp)\s+\*', instruction) and not (is_table and 'jmp' in instruction):
                yield f'{name}: {instruction}'

    def reached(self, name):
        """The functions on the ways from one, short of the slow ones."""
        known, open_ends = set(), [self.named(name)]
        while open_ends:
            start = open_ends.pop()
            if start not in known and not SLOW.match(self.functions[start][0]):
                known.add(start)
                open_ends += self.targets(start)
        return known


def check_code():
    """The chosen policy costs nothing: no pointer is called on the way from the four calls to it."""
    release = not INSTRUMENTED and BUILT['profile'] == 'classic' and BUILT['cc'] == 'gcc'
    code = Code(LIBRARY) if release and platform.machine() == 'x86_64' else None
    for name in sorted(CLASSIC_CALLS):
        title = f'no indirect call on the way from {name} to the policy'
        if not code:
            skip(title, 'looks at what gcc makes of a release on x86-64')
            continue
        found = [line for start in sorted(code.reached(name)) for line in code.indirect(start)]
        case(title, not found, '\n'.join(found))
    if code:
        found = [line for start in code.reached('osm_heap_alloc') for line in code.indirect(start)]
        case('osm_heap_alloc, which finds its policy at run time, does have one: the check can see them', bool(found))


def main():
    check_symbols()
    check_code()
    finish()


if __name__ == '__main__':
    main()
