#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tools/gdb/osmem_gdb.py in gdb, on a program that runs and on a core file of it.

The program (tests/gdb/heaps.c) prints its heaps with osm_heap_walk; what gdb says of the same memory must be the same,
block for block. OSM_BUILD names the build folder (build).
"""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get('OSM_BUILD', 'build')
SCRIPT = ROOT / 'tools/gdb/osmem_gdb.py'
IS_CLASSIC = (os.environ.get('OSM_PROFILE', 'classic'), os.environ.get('OSM_LAYOUT', 'meta')) == ('classic', 'meta')


def run(*command, **options):
    """Run a command; both outputs together."""
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=120, **options).stdout


def gdb(*arguments, commands=(), script=SCRIPT):
    """What gdb prints for these commands."""
    words = ['gdb', '-q', '-nx', '-batch', '-iex', 'set debuginfod enabled off', *(['-x', script] if script else [])]
    for command in ('set pagination off', 'set width 0', *commands):
        words += ['-ex', command]
    return run(*words, *arguments)


def stopped(*commands):
    """The commands after the program has stopped."""
    return ('break heaps_are_made', 'run', *commands)


def blocks_in(text, pattern):
    """(payload, size, state) of each line that is a block."""
    return [(int(at, 16), int(size), state) for at, size, state in re.findall(pattern, text, flags=re.MULTILINE)]


def printed_heaps(text):
    """What the program printed of its heaps: title -> (address, blocks)."""
    heaps = {}
    for part in re.split(r'^(?=heap )', text.partition('Breakpoint 1, ')[0], flags=re.MULTILINE)[1:]:
        address, policy, layout = re.match(r'heap (\w+) (\S+) (\S*)', part).groups()
        heaps[f'{policy}/{layout}'] = (int(address, 16), blocks_in(part, r'^  (0x\w+) (\d+) (\w+)$'))
    return heaps


def walked(text):
    """What `osmem walk` printed, walk by walk."""
    return [blocks_in(part, r'^  (0x\w+) +(\d+) bytes  (\w+)$') for part in text.split('---- walk\n')[1:]]


def check_walks(title, heaps, text):
    """Each heap as gdb walks it is as the program walked it."""
    walks = walked(text)
    case(f'{title}: gdb walks every heap', len(walks) == len(heaps), f'{len(walks)} of {len(heaps)}\n{text[-2000:]}')
    for (name, (_, wanted)), found in zip(heaps.items(), walks):
        states = {state for _, _, state in wanted}
        case(f'{title}: {name}, block for block', found == wanted and states == {'live', 'free', 'mapped'},
             f'not in gdb: {sorted(set(wanted) - set(found))[:5]}\nonly in gdb: {sorted(set(found) - set(wanted))[:5]}')


def check_list(title, heaps, text):
    """`osmem heaps` finds them all, and nothing else."""
    found = {int(at, 16) for at in re.findall(r'^#\d+  (0x\w+)  \S+ on ', text, flags=re.MULTILINE)}
    case(f'{title}: osmem heaps lists all heaps and no other', found == {at for at, _ in heaps.values()}, text[-2000:])


def walks_of(heaps):
    """Commands that walk each heap."""
    return [command for at, _ in heaps.values()
            for command in ('echo ---- walk\\n', f'osmem walk (struct osm_heap *){at:#x}')]


def check_running(program):
    """On a program that runs: its addresses are the same each time, as gdb sees to."""
    text = gdb(program, commands=stopped('osmem heaps'))
    heaps = printed_heaps(text)
    case('the program has a heap of every policy', len(heaps) > 30, text[:2000])
    check_list('running', heaps, text)
    text = gdb(program, commands=stopped(*walks_of(heaps)))
    if case('gdb runs the program at the same addresses each time', printed_heaps(text) == heaps, text[:500]):
        check_walks('running', heaps, text)


def check_core(program, core):
    """On a core file alone."""
    heaps = printed_heaps(gdb('--args', program, 'small', commands=stopped(f'generate-core-file {core}')))
    text = gdb(program, core, commands=('osmem heaps', *walks_of(heaps), 'osmem block live_block'))
    check_list('core file', heaps, text)
    check_walks('core file', heaps, text)
    case('core file: whose block', re.search('is the start of a live block of .*\\nin the region', text), text[-500:])


def check_commands(program):
    """What the commands say of one address, one heap, one picture."""
    text = gdb(program, commands=stopped(
        'osmem block live_block', 'osmem block live_block + 5', 'osmem block mapped_block + 1000',
        'osmem block not_on_a_heap', 'osmem map last_heap /40', 'print *last_heap', 'osmem walk #999', 'osmem walk', 'osmem block'))
    number, header = r'0x[0-9a-f]+', r'in (?:the region at 0x\w+|a mapping of its own), of heap #\d+ at 0x\w+, '
    for name, pattern in (
            ('a live block', rf'^({number}) is the start of a live block of \d+ bytes at \1$\n{header}buddy on mmap$'),
            ('its neighbours', rf'^before: {number} .* (live|free)\nbehind: {number} .* (live|free)$'),
            ('an address inside', rf'^{number} is byte 5 of a live block'),
            ('a mapped block', rf'^{number} is byte 1000 of a mapped block of \d+ bytes at {number}\n{header}'),
            ('an address on no heap', rf'^{number} lies in no heap$'),
            ('a picture', r'^region .* a character\n\|[#.+ ]{40}\|$'),
            ('a heap in a sentence', r'^\$1 = buddy on mmap: 44 live blocks, \d+ bytes, 3 of them mapped; .* = \{lock = '),
            ('a heap that is not there', r'^#999: there are \d+ heaps'),
            ('no choice among many', r'^which of \d+ heaps\?'),
            ('no address', r'^an address is needed')):
        case(f'osmem in gdb: {name}', re.search(pattern, text, flags=re.MULTILINE), text[-3000:])
    picture = re.search(r'\|([#.+ ]{40})\|', text)
    case('the picture shows free and live shares', picture and {'#', '+'} <= set(picture.group(1)), text[-500:])


def check_damage(program):
    """A walk stops where a header was overwritten, and says so."""
    if not IS_CLASSIC:
        skip('a damaged block ends a walk', 'the program damages a header of the classic default heap')
        return
    text = gdb('--args', program, 'damaged', commands=stopped('osmem walk #1'))
    case('a damaged block ends a walk', re.search(r'^damaged: the block at 0x\w+ cannot have 7777777 bytes', text,
                                                  flags=re.MULTILINE), text[-1000:])


def check_stripped(program, folder):
    """Without debug information one line says what is missing."""
    library = folder / 'libosmem.so.1'
    shutil.copy(BUILD / 'lib/libosmem.so', library)
    run('strip', library)
    text = gdb(program, commands=(f'set environment LD_LIBRARY_PATH {folder}', *stopped('osmem heaps')))
    case('a stripped library is told of', 'no debug information of libosmem' in text, text[-1000:])
    text = gdb(program, commands=('osmem heaps',))
    case('so is a program that does not run', 'no debug information' in text or 'there is no program' in text, text)


def main():
    if not shutil.which('gdb'):
        skip('heaps in gdb', 'there is no gdb; ./bootstrap test installs it')
    elif os.environ.get('OSM_SANITIZE', 'none') != 'none':
        skip('heaps in gdb', "a sanitizer's own memory is more than is worth searching")
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            program = folder / 'heaps'
            made = run('gcc', '-g', '-O1', f'-I{ROOT}/framework/include', ROOT / 'tests/gdb/heaps.c', '-o', program,
                       f'-L{BUILD}/lib', '-losmem', f'-Wl,--enable-new-dtags,-rpath,{BUILD}/lib')
            case('the program links', program.exists(), made)
            check_running(program)
            check_core(program, folder / 'core')
            check_commands(program)
            check_damage(program)
            check_stripped(program, folder)
    finish()


if __name__ == '__main__':
    main()
