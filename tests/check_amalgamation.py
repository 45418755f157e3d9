#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks the library in one file, as `scons amalgamation` writes it (OSM_BUILD), and as tools/amalgamate.py does for
other parts: it compiles alone, it is the same library, and it needs nothing where there is nothing.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # the tree stays as it is
from cases import case, finish, skip  # noqa: E402
import check_embedded  # noqa: E402
import check_library  # noqa: E402
import run_examples  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get('OSM_BUILD', 'build')
IS_SLOW = os.environ.get('OSM_SLOW') == '1'
STRICT = ('-Wall', '-Wextra', '-Werror')
BARE = ('-DOSMEM_NO_LIBC', '-ffreestanding')
ARM = ('-mcpu=cortex-m3', '-mthumb', '-ffreestanding', '-Os', *STRICT)
# A compiler's own run-time library has these: divisions that the processor cannot do.
OF_COMPILER = re.compile(r'__aeabi_\w+|_GLOBAL_OFFSET_TABLE_')


def run(*command, **options):
    """Run a command and return what became of it, both outputs together."""
    return subprocess.run([str(word) for word in command], **{
        'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'text': True, 'check': False, **options})


def amalgamate(folder, default, backend, profile, *parts):
    """Write a library in one file with these parts; whether that worked."""
    folder.mkdir()
    done = run(sys.executable, ROOT / 'tools/amalgamate.py', '--to', folder, '--version', 'test', '--default', default,
               '--backend', backend, '--profile', profile, *parts)
    return case(f'amalgamate.py {" ".join(parts) or "with no part"}', done.returncode == 0, done.stdout)


def compiled(title, to, command):
    """Run a compiler."""
    done = run(*command, '-o', to)
    return case(title, done.returncode == 0, done.stdout)


# ---- As it comes

def symbols(path, option):
    """The names that nm lists."""
    return set(re.findall(r' \w (\w+)$', run('nm', option, path).stdout, flags=re.MULTILINE))


def check_as_made(folder):
    """What `scons amalgamation` made: alone in a folder, with each compiler, warnings on, hosted and not."""
    for name in ('osmem.c', 'osmem.h'):
        shutil.copy(BUILD / name, folder / name)
    for compiler in ('gcc', 'clang'):
        if not shutil.which(compiler):
            skip(f'osmem.c compiles with {compiler}', f'there is no {compiler}; slow=1 installs it')
            continue
        for flags in (('-std=c11', '-Wconversion', '-Wshadow'), BARE):
            compiled(f'osmem.c compiles alone: {compiler} {" ".join(flags)}', folder / f'{compiler}.o',
                     [compiler, *STRICT, *flags, '-c', folder / 'osmem.c'])
    compiled('osmem.h is C++ as well', folder / 'header.o',
             ['g++', *STRICT, '-x', 'c++', '-fsyntax-only', '-include', folder / 'osmem.h', '/dev/null'])
    compiled('osmem.c compiles, hosted', folder / 'osmem.o', ['gcc', '-O1', '-c', folder / 'osmem.c'])
    lost = check_library.declared(check_library.HEADERS) - symbols(folder / 'osmem.o', '--defined-only')
    case('it defines all that the public headers declare', not lost, sorted(lost))
    imported = symbols(folder / 'osmem.o', '--undefined-only') & check_library.NEVER_IMPORTED
    case('it calls no allocator and no stdio', not imported, sorted(imported))
    text = (folder / 'osmem.c').read_text(encoding='utf-8')
    quoted = re.findall(r'^\s*#\s*include\s+(".*?"|\w+.*)$', text, flags=re.MULTILINE)
    case('it includes osmem.h, and else only what a compiler brings', quoted == ['"osmem.h"'], quoted)
    told = re.findall(rf'.*{re.escape(str(ROOT))}.*', text)
    case('it names no folder of this machine', not told, '\n'.join(told[:5]))


# ---- The same library

def listed(path, macro):
    """The names in a .def file."""
    text = (ROOT / path).read_text(encoding='utf-8')
    return [name.replace('_', '-') for name in re.findall(rf'^\s*{macro}\((?:policy,\s*)?(\w+)', text, flags=re.MULTILINE)]


def every_policy():
    """All policies in all layouts, with their index and without."""
    layouts = listed('policies/layouts.def', 'LAYOUT')
    for name in listed('policies/policies.def', 'FIT_POLICY'):
        for layout in layouts:
            yield from (f'{name}/{layout}', f'{name}-scan/{layout}')
    yield from listed('policies/policies.def', 'OWN_POLICY')


def without_traces(folder):
    """The C sources in a folder that need no libosmem-trace, which is not in the file."""
    return [path for path in sorted((ROOT / folder).glob('*.c'))
            if not re.search(r'^#include .*\btrace(_file)?\.h', path.read_text(encoding='utf-8'), flags=re.MULTILINE)]


def check_same(folder):
    """Everything in one file passes a suite that is written for the library, and gives the examples their output."""
    parts = [*every_policy(), 'brk', 'mmap', 'mock', 'arena']
    if not amalgamate(folder, 'best-fit-scan/meta', 'brk', 'classic', *parts):
        return
    # 50,000 lines at once: three seconds without optimisation, nine with it.
    if not compiled('every policy in every layout is one file', folder / 'osmem.o',
                    ['gcc', *(['-O1', *STRICT] if IS_SLOW else []), '-c', folder / 'osmem.c']):
        return
    for suite in ('test_heaps', *(['test_conformance', 'test_default'] if IS_SLOW else [])):
        program = folder / suite
        if compiled(f'{suite} links with osmem.o', program,
                    ['gcc', '-std=c11', f'-I{ROOT}', f'-I{ROOT}/framework/include', f'-I{ROOT}/tests',
                     ROOT / f'tests/{suite}.c', *without_traces('tests/support'), folder / 'osmem.o',
                     '-lcmocka', '-pthread']):
            done = run(program)
            passed = re.findall(r'^\[  PASSED  \] (\d+) test', done.stdout, flags=re.MULTILINE)
            case(f'{suite} passes on it', done.returncode == 0 and sum(map(int, passed)) > 0, done.stdout[-2000:])
    for source in without_traces('examples'):
        program = folder / source.stem
        if compiled(f'{source.name} links with osmem.o', program,
                    ['gcc', f'-I{ROOT}', f'-I{ROOT}/framework/include', source, folder / 'osmem.o', '-pthread']):
            wrong = run_examples.run_example(source, program)
            case(f'{source.name} prints what it should', not wrong, wrong)


# ---- Where there is nothing

def check_bare(folder):
    """Without a C library: nothing is left open, and the four calls live in a static array."""
    if not amalgamate(folder, 'best-fit/tag', 'arena', 'embedded', 'best-fit/tag'):
        return
    compiled('osmem.c of the embedded profile compiles', folder / 'osmem.o',
             ['gcc', '-O2', *STRICT, '-ffreestanding', '-c', folder / 'osmem.c'])
    needed = {name for name in symbols(folder / 'osmem.o', '--undefined-only') if not OF_COMPILER.fullmatch(name)}
    case('it needs nothing from outside', not needed, sorted(needed))
    (folder / 'program.c').write_text(check_embedded.PROGRAM, encoding='utf-8')
    if compiled('a program links with it', folder / 'program',
                ['gcc', f'-I{ROOT}/framework/include', folder / 'program.c', folder / 'osmem.o']):
        done = run(folder / 'program')
        case('the four calls live in a static array', done.returncode == 0, f'exit status {done.returncode}')
        done = run(folder / 'program', 'misuse')
        case('a misuse ends in a trap', done.returncode in (-signal.SIGILL, -signal.SIGTRAP),
             f'exit status {done.returncode}')


def check_arm(folder):
    """On a microcontroller with 64 KiB, emulated: the image links without any library but the compiler's own, and works."""
    compiler, emulator = 'arm-none-eabi-gcc', 'qemu-system-arm'
    title = 'an image for a Cortex-M3 works'
    if not shutil.which(compiler) or not shutil.which(emulator):
        reason = f'there is no {compiler} or no {emulator}; ./bootstrap test slow=1 installs them'
        if IS_SLOW:
            case(title, False, reason)
        else:
            skip(title, reason)
        return
    for kind, default, profile, flags in (('embedded', 'best-fit/tag', 'embedded', ()),
                                          ('hosted', 'best-fit-scan/meta', 'classic', ('-DOSMEM_NO_LIBC',))):
        here = folder / kind
        backend = 'arena' if kind == 'embedded' else 'brk'
        if not amalgamate(here, default, backend, profile, 'best-fit/tag', 'buddy'):
            continue
        image = here / 'image'
        made = compiled(f'an image of the {kind} osmem.c links without a C library', image,
                        [compiler, *ARM, *flags, f'-I{here}', ROOT / 'tests/baremetal/main.c', here / 'osmem.c', '-nostdlib',
                         '-Wl,--gc-sections', '-T', ROOT / 'tests/baremetal/link.ld', '-lgcc'])
        if made:
            done = run(emulator, '-M', 'lm3s6965evb', '-nographic', '-monitor', 'none', '-serial', 'none',
                       '-semihosting', '-kernel', image, stdin=subprocess.DEVNULL, timeout=60)
            said = re.search(r'^os_free: foreign pointer\n(\d+) blocks of 200 bytes in 32768\n\Z', done.stdout,
                             flags=re.MULTILINE)
            case(f'and works in {emulator}', done.returncode == 0 and said and 100 < int(said.group(1)) <= 32768 // 200,
                 f'exit status {done.returncode}\n{done.stdout}')


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / 'made').mkdir()
        check_as_made(folder / 'made')
        check_same(folder / 'same')
        check_bare(folder / 'bare')
        check_arm(folder)
    finish()


if __name__ == '__main__':
    main()
