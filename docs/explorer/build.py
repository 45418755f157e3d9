#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Builds the heap explorer: BUILD/explorer/explorer.html, one file that needs no other.

    build.py --build FOLDER      the page, its WebAssembly module and the module's native twin
    build.py --build FOLDER --twin-only --bits 32

The module is the project's own C: framework, mock and every policy, with the C files beside this script. Nothing of it
is written a second time. The twin is the same C for this machine, and again for 32 bits where the compiler can: then
all sizes are those of the module.

Exit status: 0; 1 with what is missing or what failed.
"""
import argparse
import base64
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WARNINGS = ('-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror')
COMMON = ('-std=c11', '-DOSM_EMBEDDED', '-I.', '-Iframework/include', '-Idocs/explorer', *WARNINGS)
FRAMEWORK_WITHOUT = {'default.c', 'port_posix.c', 'registry.c'}
WASM = ('--target=wasm32', '-Oz', '-mbulk-memory', '-fvisibility=hidden', '-Idocs/explorer/freestanding')
LINK = ('--no-entry', '--strip-all', '--gc-sections', '-z', 'stack-size=262144')


class Failed(Exception):
    """What is missing, or what a command said."""


def run(what, command):
    """Run a command from the root of the project."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
    except FileNotFoundError as error:
        raise Failed(f'{what}: {error}') from error
    if done.returncode != 0:
        raise Failed(f'{what} failed with {done.returncode}:\n{done.stdout.rstrip()}')
    return done.stdout


def tool(*names):
    """The first of these programs that is there, or None."""
    return next((path for path in map(shutil.which, names) if path), None)


def listed(path, *macros):
    """The (macro, name) pairs in a .def file, in order."""
    text = re.sub(r'/\*.*?\*/', '', (ROOT / path).read_text(encoding='utf-8'), flags=re.DOTALL)
    return re.findall(rf'^\s*({"|".join(macros)})\((?:policy,\s*)?(\w+)', text, flags=re.MULTILINE)


def units(is_wasm):
    """What is to be compiled: the name of the object, its source, its macros."""
    sources = [path for path in sorted((ROOT / 'framework').glob('*.c')) if path.name not in FRAMEWORK_WITHOUT]
    sources += [ROOT / 'backends/mock.c', ROOT / 'backends/arena.c']
    own = [path for path in sorted(HERE.glob('*.c')) if path.name not in ('lens.c', 'twin.c')]
    own += [HERE / 'freestanding/string.c'] if is_wasm else [HERE / 'twin.c']
    for path in sources + own:
        yield path.relative_to(ROOT).with_suffix('').as_posix().replace('/', '-'), path, []
    for macro, policy in listed('policies/policies.def', 'FIT_POLICY', 'OWN_POLICY'):
        named = [f'-DLENS_POLICY={policy}', f'-DLENS_POLICY_FILE="policies/{policy}.c"']
        if macro == 'OWN_POLICY':
            yield f'lens-{policy}', HERE / 'lens.c', named
            continue
        layouts = [name for _, name in listed('policies/layouts.def', 'LAYOUT')]
        for layout, scan in itertools.product(layouts, ([], ['-DOSM_SCAN=1'])):
            name = f'lens-{policy}-{layout}{"-scan" if scan else ""}'
            yield name, HERE / 'lens.c', [*named, f'-DOSM_LAYOUT={layout}', *scan]


def newest_input():
    """When the youngest of all sources changed: objects are few and quick, so all depend on all."""
    folders = ('framework', 'policies', 'backends', 'docs/explorer')
    return max(path.stat().st_mtime for folder in folders for path in (ROOT / folder).rglob('*')
               if path.suffix in ('.c', '.h', '.def', '.py'))


def compile_all(folder, compiler, flags, is_wasm):
    """The objects of all units, in parallel."""
    folder.mkdir(parents=True, exist_ok=True)
    newest = newest_input()

    def compile_one(unit):
        name, source, macros = unit
        target = folder / f'{name}.o'
        if not target.exists() or target.stat().st_mtime < newest:
            run(f'compiling {name}', [compiler, *COMMON, *flags, *macros, '-c', source, '-o', target])
        return target

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(compile_one, units(is_wasm)))


def build_module(folder):
    """The WebAssembly module."""
    compiler, linker = tool('clang-14', 'clang'), tool('wasm-ld-14', 'wasm-ld')
    if not compiler or not linker:
        raise Failed('there is no clang-14 or no wasm-ld-14: `./bootstrap docs` installs clang-14 and lld-14')
    objects = compile_all(folder / 'wasm', compiler, WASM, True)
    module = folder / 'explorer.wasm'
    run('linking the module', [linker, *LINK, *objects, '-o', module])
    return module


def build_twin(folder, bits):
    """The native twin, or None where the compiler has no C library of so many bits."""
    compiler = tool('gcc', 'cc')
    if not compiler:
        raise Failed('there is no gcc: `./bootstrap` installs it')
    flags = ['-O1', '-g', *(['-m32'] if bits == 32 else [])]
    objects = compile_all(folder / f'native{bits}', compiler, flags, False)
    twin = folder / f'twin{bits}'
    run(f'linking the twin of {bits} bits', [compiler, *flags, *objects, '-o', twin])
    return twin


def main():
    parser = argparse.ArgumentParser(description='Build the heap explorer.')
    parser.add_argument('--build', type=Path, default=Path('build'), help='the build folder (build)')
    parser.add_argument('--twin', type=int, choices=(32, 64), action='append', default=[], help='a native twin as well')
    options = parser.parse_args()
    folder = (ROOT / options.build).resolve() / 'explorer'
    try:
        module = build_module(folder)
        print(f'explorer: {module} {module.stat().st_size}')
        for bits in options.twin:
            print(f'explorer: {build_twin(folder, bits)}')
    except Failed as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == '__main__':
    main()
