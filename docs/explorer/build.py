#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Builds the heap explorer: BUILD/explorer/explorer.html, one file that needs no other.

    build.py --build FOLDER                the page, and the WebAssembly module in it
    build.py --build FOLDER --twin 64      and the module's native twin

The module is the project's own C: framework, mock and every policy, with the C files beside this script. Nothing of it
is written a second time. The twin is the same C for this machine, and again for 32 bits where the compiler can: then
all sizes are those of the module.

Exit status: 0; 1 with what is missing or what failed.
"""
import argparse
import base64
import fcntl
import gzip
import heapq
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
    flags = ['-O0', *(['-m32'] if bits == 32 else [])]
    probe = subprocess.run([compiler, *flags, '-x', 'c', '-', '-o', folder / 'probe'], input='int main(void){return 0;}',
                           text=True, capture_output=True, check=False)
    if probe.returncode != 0:
        return None
    objects = compile_all(folder / f'native{bits}', compiler, flags, False)
    twin = folder / f'twin{bits}'
    run(f'linking the twin of {bits} bits', [compiler, *flags, *objects, '-o', twin])
    return twin


# ---- The page

def packages(folder):
    """The npm packages of package.json, exactly as the lock file has them, in a folder of their own."""
    names = ('package.json', 'package-lock.json', '.npmrc')
    wanted = {name: (HERE / name).read_text(encoding='utf-8') for name in names}
    there = {name: (folder / name).read_text(encoding='utf-8') if (folder / name).exists() else None for name in names}
    if wanted == there and (folder / 'node_modules/.package-lock.json').exists():
        return folder / 'node_modules'
    npm = tool('npm')
    if not npm:
        raise Failed('there is no npm: `./bootstrap docs` installs it')
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding='utf-8')
    run('fetching the packages of docs/explorer/package.json', [npm, 'ci', '--prefix', folder])
    return folder / 'node_modules'


def library(modules):
    """The plotting library, with its licence in place of its banner: the page is to name no other host."""
    folder = modules / 'uplot'
    licence = (folder / 'LICENSE').read_text(encoding='utf-8').strip()
    code = re.sub(r'^/\*!.*?\*/', '', (folder / 'dist/uPlot.iife.min.js').read_text(encoding='utf-8'), flags=re.DOTALL)
    style = (folder / 'dist/uPlot.min.css').read_text(encoding='utf-8')
    return f'/* uPlot\n\n{licence}\n*/\n{code.strip()}', style


# A file comes behind those that it imports.
SCRIPTS = ('engine', 'draw', 'link', 'map', 'index', 'side', 'curves', 'examples', 'app')


def bundle():
    """All scripts as one module: without imports and exports, which a page from a disk cannot follow."""
    parts = []
    for name in SCRIPTS:
        text = (HERE / f'page/{name}.js').read_text(encoding='utf-8')
        text = re.sub(r"^import .* from '\./\w+\.js'\n", '', text, flags=re.MULTILINE)
        parts.append(re.sub(r'^export ', '', text, flags=re.MULTILINE))
    return '\n'.join(parts)


def name_of(number):
    """The name with this number: a to z, then aA to zZ and so on, as docs/explorer/script.h has them."""
    first, rest = chr(97 + number % 26), number // 26
    if rest == 0:
        return first
    rest -= 1
    if rest < 26:
        return first + chr(65 + rest)
    rest -= 26
    return first + chr(65 + rest // 26) + chr(65 + rest % 26)


def recorded(name, count):
    """The first operations of a recorded program in the page's notation; names are used again, the lowest first."""
    names, free, words = {}, [], []
    with gzip.open(ROOT / f'tests/traces/{name}.rep.gz', 'rt') as file:
        for line in itertools.islice(file, 4, 4 + count):
            call, block, *size = line.split()
            if call == 'a':
                names[block] = heapq.heappop(free) if free else len(names)
                words.append(f'{name_of(names[block])}{size[0]}')
            elif call == 'r':
                words.append(f'r{name_of(names[block])}{size[0]}')
            elif block in names:
                heapq.heappush(free, names[block])
                words.append(f'f{name_of(names.pop(block))}')
    return ' '.join(words)


def generated(count, seed=1):
    """A random program in equilibrium: about as many frees as requests once 150 blocks live, sizes from 16 to 400."""
    live, free, words, made = [], [], [], 0

    def random(n):
        nonlocal seed
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        return (seed >> 33) % n

    for _ in range(count):
        if len(live) >= 120 + random(60):
            number = live.pop(random(len(live)))
            heapq.heappush(free, number)
            words.append(f'f{name_of(number)}')
        else:
            number = heapq.heappop(free) if free else made
            made = max(made, number + 1)
            live.append(number)
            words.append(f'{name_of(number)}{16 + random(385)}')
    return ' '.join(words)


def long_examples():
    """The examples whose programs are too long for an address."""
    lua = {'id': 'lua', 'group': 'Long programs', 'title': 'Recorded: a Lua script begins',
           'about': 'The first 7000 calls of a Lua interpreter at work, as it asked its malloc. At the end its garbage collector has '
                    'freed half of all.',
           'program': recorded('lua', 7000),
           'link': 'left=first-fit/tag&right=next-fit/tag&arena=262144&growth=1&at=7000&program=@lua'}
    sqlite = {'id': 'sqlite', 'group': 'Long programs', 'title': 'Recorded: sqlite3 begins',
              'about': 'The first 1500 calls of a database in memory, as it asked its malloc.',
              'program': recorded('sqlite', 1500),
              'link': 'left=best-fit/tag&right=buddy/out-of-band&arena=524288&growth=1&at=1500&program=@sqlite'}
    random = {'id': 'random', 'group': 'Long programs', 'title': 'Random, in equilibrium: the fifty-percent rule',
              'about': 'About 150 blocks live at a time. Knuth: in equilibrium there are half as many free blocks as live '
                       'ones. Watch the curve of free blocks.',
              'program': generated(3000),
              'link': 'left=first-fit/bitmap&right=best-fit/bitmap&arena=65536&growth=1&at=3000&program=@random'}
    return [random, lua, sqlite]


def build_page(folder, module):
    """The page: everything in one file."""
    plot, plot_style = library(packages(folder / 'npm'))
    style = plot_style + (HERE / 'page/page.css').read_text(encoding='utf-8')
    text = base64.b64encode(module.read_bytes()).decode('ascii')
    script = f"{bundle()}\nstartPage('{text}', uPlot, [...EXAMPLES, ...{json.dumps(long_examples())}])\n"
    page = (HERE / 'page/page.html').read_text(encoding='utf-8')
    for place, part in (('/*STYLE*/', style), ('/*LIBRARY*/', plot), ('/*SCRIPT*/', script)):
        page = page.replace(place, part.replace('</script', '<\\/script'))
    target = folder / 'explorer.html'
    target.write_text(page, encoding='utf-8')
    return target


def build(folder, bits=()):
    """The page, and the twins of so many bits: None for one that the compiler cannot make. Raises Failed."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / 'lock', 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the documentation and the tests may both come here
        page = build_page(folder, build_module(folder))
        return page, {width: build_twin(folder, width) for width in bits}


def main():
    parser = argparse.ArgumentParser(description='Build the heap explorer.')
    parser.add_argument('--build', type=Path, default=Path('build'), help='the build folder (build)')
    parser.add_argument('--twin', type=int, choices=(32, 64), action='append', default=[], help='a native twin as well')
    options = parser.parse_args()
    folder = (ROOT / options.build).resolve() / 'explorer'
    try:
        page, twins = build(folder, options.twin)
        print(f'explorer: {page}, {page.stat().st_size} bytes')
        for bits, twin in twins.items():
            print(f'explorer: {twin or f"no twin of {bits} bits: gcc -m32 needs gcc-multilib"}')
    except Failed as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == '__main__':
    main()
