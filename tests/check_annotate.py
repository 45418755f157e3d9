#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what valgrind and an address sanitizer say of errors on a heap of the library built with annotate=.

The library is compiled from one file, once for each tool; tests/annotate/errors.c commits the errors, one after the other:
on two heaps, and with OSM_SLOW=1 in the environment on one of each layout.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from cases import case, finish, skip  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PARTS = ('best-fit/tag', 'first-fit-scan/meta', 'best-fit-lifo/wide', 'next-fit/bitmap', 'buddy', 'mmap', 'brk')
HEAPS = [('best-fit', 'tag', 'mmap'), ('first-fit-scan', 'meta', 'brk'), ('next-fit', 'bitmap', 'mmap'),
         ('best-fit-lifo', 'wide', 'brk'), ('buddy', '', 'mmap')]
if os.environ.get('OSM_SLOW') != '1':
    HEAPS = HEAPS[:2]

# How often an error is reported, and by valgrind with which words. Of several blocks that were freed at one address it
# names the oldest, so only the first error says which one it must be. No error of the second kind is one of addresses.
BEHIND = r'Invalid read of size 1.*Address \w+ is 0 bytes after a (?:recently re-allocated )?block of size {} alloc\'d'
ADDRESSES = {
    'read_freed': (1, r'Invalid read of size 1.*is 50 bytes inside a block of size 100 free\'d.*by \w+: read_freed'),
    'write_freed': (1, r'Invalid write of size 1.*inside a block of size \d+ free\'d'),
    'read_merged': (1, r'Invalid read of size 1.*inside a block of size \d+ free\'d'),
    'overrun_by_one': (48, BEHIND.format(17)),
    'underrun_by_one': (1, r'Invalid read of size 1'),
    'overrun_calloc': (1, BEHIND.format(21)),
    'overrun_aligned': (1, r'Invalid read of size 1.* block of size (?:256|1,000) '),  # the one behind is near too
    'overrun_shrunk': (1, r'Invalid read of size 1'),
    'overrun_grown': (1, BEHIND.format('1,000')),
    'overrun_mapped': (1, BEHIND.format('200,000')),
    'overrun_mapped_grown': (1, BEHIND.format('300,000')),
    'overrun_default': (1, BEHIND.format(24)),
}
OTHERS = {
    'uninitialised': (1, r'depends on uninitialised value'),
    'uninitialised_reused': (1, r'depends on uninitialised value'),
    'uninitialised_grown': (1, r'depends on uninitialised value'),
    'uninitialised_mapped': (1, r'depends on uninitialised value'),
    'free_twice': (1, r'Invalid free\(\).*is 0 bytes inside a block of size \d+ free\'d'),
    'free_interior': (1, r'Invalid free\(\).*is 16 bytes inside a (?:recently re-allocated )?block of size 100 alloc\'d'),
    'right': (0, ''),
    'right_arena': (0, ''),
    'leak': (0, ''),
}


def run(*command, **environment):
    """Run a command and return what became of it, both outputs together."""
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, errors='replace', env={**os.environ, **environment})


def built(folder, tool, *flags):
    """The program with the library that talks to a tool; None if that could not be compiled."""
    library, program = folder / f'{tool}.o', folder / tool
    done = run('gcc', '-g', '-O1', '-Wall', '-Wextra', '-Werror', f'-DOSM_ANNOTATE_{tool.upper()}', '-c', folder / 'osmem.c',
               '-o', library)
    if done.returncode == 0:
        done = run('gcc', '-std=c11', '-g', '-O1', '-Wall', '-Wextra', '-Werror', *flags, f'-I{ROOT}/framework/include',
                   ROOT / 'tests/annotate/errors.c', library, '-o', program, '-pthread')
    return program if case(f'the library and a program for {tool}', done.returncode == 0, done.stdout) else None


def sections(output):
    """What was said between the marks: [(name, text)]; the same name may stand twice."""
    return re.findall(r'^@@ (\w+)\n(.*?)(?=^@@|\Z)', output, flags=re.MULTILINE | re.DOTALL)


def check_valgrind(program, heap):
    done = run('valgrind', '-q', '--leak-check=full', '--num-callers=20', program, *heap)
    found, name = sections(done.stdout), '/'.join(part for part in heap if part)
    if not case(f'valgrind, {name}: the program ends', done.returncode == 0 and found[-1:] and found[-1][0] == 'end',
                done.stdout[-3000:]):
        return
    for section, text in found[:-1]:
        count, words = {**ADDRESSES, **OTHERS}[section]
        counted = int(re.search(r'^@= (\d+)$', text, flags=re.MULTILINE).group(1))
        case(f'valgrind, {name}: {section}', counted == count and re.search(words, text, flags=re.DOTALL),
             f'{counted} errors, not {count}\n{text}')
    lost = re.findall(r'77 bytes in 1 blocks are definitely lost.*?by \w+: leak ', found[-1][1], flags=re.DOTALL)
    case(f'valgrind, {name}: the leak', 0 < len(lost) <= 4, found[-1][1])


def check_address(program, heap):
    done = run(program, *heap, ASAN_OPTIONS='halt_on_error=0:suppress_equal_pcs=0:detect_leaks=0')
    found, name = sections(done.stdout), '/'.join(part for part in heap if part)
    if not case(f'address sanitizer, {name}: the program ends', found[-1:] and found[-1][0] == 'end', done.stdout[-3000:]):
        return
    for section, text in found[:-1]:
        count = ADDRESSES[section][0] if section in ADDRESSES else 0
        # It takes the kind from the eight bytes behind, and where a live block begins there it finds none.
        counted = len(re.findall(r'ERROR: AddressSanitizer: (?:use-after-poison|unknown-crash)', text))
        case(f'address sanitizer, {name}: {section}', counted == count, f'{counted} errors, not {count}\n{text}')


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        done = run(sys.executable, ROOT / 'tools/amalgamate.py', '--to', folder, '--version', 'test', '--default',
                   'best-fit/meta', '--backend', 'brk', '--profile', 'drop-in', *PARTS)
        case('the library in one file', done.returncode == 0, done.stdout)
        if not Path('/usr/include/valgrind/memcheck.h').exists() or not shutil.which('valgrind'):
            skip('valgrind and the address sanitizer', 'there is no valgrind: ./bootstrap test installs it')
            finish()
        program = built(folder, 'valgrind')
        for heap in HEAPS if program else ():
            check_valgrind(program, heap)
        program = built(folder, 'address', '-fsanitize=address', '-fsanitize-recover=address')
        for heap in HEAPS if program else ():
            check_address(program, heap)
    finish()


if __name__ == '__main__':
    main()
